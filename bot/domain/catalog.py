"""What can be made: models as the live catalogue tells of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.problems import Problem, ProblemCode


class Medium(StrEnum):
    """What comes out."""

    IMAGE = "image"
    VIDEO = "video"


FRAMES = 2
AUTO_RATIO = "auto"
ADAPTIVE_RATIO = "adaptive"


@dataclass(frozen=True, slots=True)
class Prices:
    """Credits by whatever the upstream prices by; empty where it does not (MeiGen API, List Models, `extra_config`)."""

    per_generation: int | None = None
    by_resolution: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """resolution → quality → credits; the quality "" stands for any."""
    per_call: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """tier → seconds → credits."""
    per_second: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """tier → resolution → credits a second; the tier "" stands for any."""
    per_second_with_video: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    minimum_seconds: Mapping[int, int] = field(default_factory=dict)
    """seconds asked for → least billable seconds, with a reference video."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a generation usually takes, in seconds."""

    p50_seconds: float
    p90_seconds: float


@dataclass(frozen=True, slots=True)
class Model:
    """One thing that can be asked for. Empty tuples mean that the upstream offers no choice there."""

    provider: str
    id: str
    name: str
    maker: str
    medium: Medium | None
    """None: of a kind that this Easel does not know; listed, never asked for."""
    ratios: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    default_resolution: str | None = None
    qualities: tuple[str, ...] = ()
    default_quality: str | None = None
    tiers: tuple[str, ...] = ()
    default_tier: str | None = None
    tier_resolutions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    durations: tuple[int, ...] = ()
    """Seconds."""
    default_duration: int | None = None
    max_references: int = 0
    takes_reference_video: bool = False
    prompt_min_characters: int = 1
    prompt_max_characters: int | None = None
    """None: no limit is known."""
    prices: Prices = Prices()
    timing: Timing | None = None
    is_default: bool = False
    is_midjourney: bool = False
    """Takes the Midjourney options and gives four candidates."""
    poses: tuple[str, ...] = ()
    """In which a character can be drawn."""
    has_multi_view: bool = False
    """Can show its subject from several sides, a picture each."""
    family: str = ""
    """What it is at any upstream, where another name than its id says so."""
    former_ids: tuple[str, ...] = ()
    """Names that it had before, and that members may still type."""

    @property
    def takes_frames(self) -> bool:
        """Whether its references are the first and the last frame (MeiGen, Models: videos by two pictures)."""
        return self.medium is Medium.VIDEO and self.max_references == FRAMES

    def resolutions_in(self, tier: str | None) -> tuple[str, ...]:
        """What can be chosen in a tier (None: the model's own)."""
        return self.tier_resolutions.get(tier or self.default_tier or "") or self.resolutions


class Skill(StrEnum):
    """What an upstream is good for, whatever it lists just now: commands and buttons come and go with it."""

    VIDEOS = "videos"
    REFERENCES = "references"
    """Pictures that go by other pictures."""
    MIDJOURNEY = "midjourney"
    POSES = "poses"
    """And several views."""
    GALLERY = "gallery"
    """Of its own, to be searched."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models of all upstreams at hand, and when they were told (None: never yet)."""

    models: tuple[Model, ...] = ()
    fetched_at: float | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Old name → the id that took its place."""

    def find(self, name: str | None) -> Model | None:
        """The model of that id, or of that display name in any case, or that took an old name's place.

        None where there is none, or none is named.
        """
        if name is None:
            return None
        wanted = name.strip().casefold()
        wanted = self.aliases.get(wanted, wanted)
        for model in self.models:
            if wanted in (model.id.casefold(), model.name.casefold()):
                return model
        return None

    def default(self, medium: Medium, allowed: Collection[str] = ()) -> Model | None:
        """The upstream's default of a medium; None where it names none. The first of those allowed, if it is not.

        Of videos it is the first then: left out, the model would be one for pictures. `allowed`: ids; empty: all.
        """
        model = self._default(medium)
        if not allowed or (model is not None and model.id in allowed):
            return model
        return next((each for each in self.of(medium) if each.id in allowed), model)

    def _default(self, medium: Medium) -> Model | None:
        # The first upstream that makes any decides: another one's default is not what it would choose itself.
        first = next((m.provider for m in self.of(medium)), "")
        named = next((m for m in self.of(medium) if m.is_default and m.provider == first), None)
        return named if named is not None or medium is Medium.IMAGE else next(iter(self.of(medium)), None)

    def resolve(
        self, model_id: str | None, medium: Medium, allowed: Collection[str] = ()
    ) -> tuple[Model | None, tuple[Problem, ...]]:
        """The model of that name (`model_id` None: the default), and why there is none where one is named."""
        model = self.default(medium, allowed) if model_id is None else self.find(model_id)
        if model is not None or model_id is None:
            return model, ()
        if self.fetched_at is None:
            return None, (Problem(ProblemCode.CATALOGUE_UNKNOWN),)
        return None, (Problem(ProblemCode.MODEL_UNKNOWN, model_id, tuple(each.name for each in self.of(medium))),)

    def only(self, allowed: Collection[str]) -> Catalog:
        """The same with no other models than those (ids; none: all)."""
        if not allowed:
            return self
        return replace(self, models=tuple(model for model in self.models if model.id in allowed))

    def at(self, providers: Collection[str]) -> Catalog:
        """The same with what those providers make, and nothing else."""
        return replace(self, models=tuple(model for model in self.models if model.provider in providers))

    def kin(self, model: Model) -> tuple[Model, ...]:
        """The same model at other upstreams."""
        family = model.family or model.id
        return tuple(m for m in self.models if m.provider != model.provider and (m.family or m.id) == family)

    def of(self, medium: Medium) -> tuple[Model, ...]:
        return tuple(model for model in self.models if model.medium is medium)
