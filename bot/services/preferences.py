"""Members' usual choices."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from bot.domain.catalog import ADAPTIVE_RATIO, Medium
from bot.domain.pings import Notify
from bot.domain.preferences import Usual
from bot.domain.problems import Problem, ProblemCode
from bot.errors import Refused, StoreDown
from bot.ports import Members
from bot.services.catalogue import Catalogue
from bot.services.refusing import refusing_while_down

RESET = "usual"
"""Takes a choice back."""
ALL = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a member wants otherwise, as typed; None leaves a choice as it is, RESET takes it back."""

    notify: str | None = None
    image_model: str | None = None
    video_model: str | None = None
    aspect_ratio: str | None = None
    is_private: bool | None = None


class Preferences:
    """Read at each command; a store that fails costs nobody a picture."""

    def __init__(self, members: Members, catalogue: Catalogue) -> None:
        self._members = members
        self._catalogue = catalogue

    async def of(self, user_id: int) -> Usual:
        """What is usual where the store fails: nothing."""
        try:
            return await self._members.usual(user_id)
        except StoreDown:
            log.warning("a member's usual choices could not be read")
            return Usual()

    async def choose(self, user_id: int, usual: Usual) -> None:
        """Raises Refused (the store fails)."""
        with refusing_while_down():
            await self._members.choose(user_id, usual)

    async def change(self, user_id: int, wishes: Wishes) -> Usual:
        """What is usual from now on; nothing is changed without a wish. Raises Refused."""
        problems: list[Problem] = []
        with refusing_while_down():
            usual = await self._members.usual(user_id)
        changed = replace(
            usual,
            notify=_notify(wishes.notify, usual.notify, problems),
            image_model=self._model(wishes.image_model, usual.image_model, Medium.IMAGE, problems),
            video_model=self._model(wishes.video_model, usual.video_model, Medium.VIDEO, problems),
            aspect_ratio=self._ratio(wishes.aspect_ratio, usual.aspect_ratio, problems),
            is_private=usual.is_private if wishes.is_private is None else wishes.is_private,
        )
        if problems:
            raise Refused(tuple(problems))
        if changed != usual:
            await self.choose(user_id, changed)
        return changed

    def names(self, usual: Usual) -> tuple[str | None, str | None]:
        """How the chosen models for pictures and videos are called; a retired one by its id, None where none is."""
        picture, video = map(self._name_of, (usual.image_model, usual.video_model))
        return picture, video

    def ratios(self, text: str = "", limit: int = ALL) -> tuple[str, ...]:
        """Ratios that hold `text` and that some model can always make, so not those that need a reference."""
        found = (ratio for medium in Medium for ratio in self._catalogue.ratios_for(None, text, medium, ALL))
        return tuple(ratio for ratio in dict.fromkeys(found) if ratio != ADAPTIVE_RATIO)[:limit]

    def _name_of(self, model_id: str | None) -> str | None:
        model = self._catalogue.current.find(model_id)
        return model_id if model is None else model.name

    def _model(self, wish: str | None, usual: str | None, medium: Medium, problems: list[Problem]) -> str | None:
        if wish is None or wish.casefold() == RESET:
            return usual if wish is None else None
        catalog = self._catalogue.current
        model = catalog.find(wish)
        if model is not None and model.medium is medium:
            return model.id
        if model is not None:
            problems.append(Problem(ProblemCode.MODEL_WRONG_MEDIUM, medium, model_name=model.name))
        elif catalog.fetched_at is None:
            problems.append(Problem(ProblemCode.CATALOGUE_UNKNOWN))
        else:
            names = tuple(each.name for each in catalog.of(medium))
            problems.append(Problem(ProblemCode.MODEL_UNKNOWN, wish, names))
        return usual

    def _ratio(self, wish: str | None, usual: str | None, problems: list[Problem]) -> str | None:
        if wish is None or wish.casefold() == RESET:
            return usual if wish is None else None
        known = self.ratios()
        if wish not in known:
            is_told = self._catalogue.current.fetched_at is not None
            code = ProblemCode.RATIO_UNKNOWN if is_told else ProblemCode.CATALOGUE_UNKNOWN
            problems.append(Problem(code, wish, known))
        return wish


def _notify(wish: str | None, usual: Notify, problems: list[Problem]) -> Notify:
    if wish is None:
        return usual
    if wish not in set(Notify):
        problems.append(Problem(ProblemCode.FLAG_VALUE, f"notify {wish}", tuple(Notify)))
        return usual
    return Notify(wish)
