"""Many members in several guilds, and what must be true of all that they asked for."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bot.domain.flags import parse_flags
from bot.ui.messages import Accent
from sandbox.discord import Channel, Member, Message, SandboxDiscord, SentInteraction
from tests.e2e.harness import ENDS, Stage, pictures_of, results, until

RATE: Mapping[str, Any] = {"rate_limit": 12, "rate_window_seconds": 2.0}
LATENCY_SECONDS = (0.0, 0.1)


@dataclass(eq=False, slots=True)
class Wish:
    """One `/imagine`. `sent` is None until it was typed."""

    prompt: str
    model: str | None = None
    is_private: bool = False
    sent: SentInteraction | None = None
    posted: Callable[[], Message | None] = field(default=lambda: None, repr=False)
    """Finds what was posted in place of a card that cannot be edited any more."""

    @property
    def words(self) -> str:
        """What goes upstream of the prompt."""
        return parse_flags(self.prompt).words

    @property
    def answer(self) -> Message | None:
        """As it stands now; None where there is none."""
        return None if self.sent is None else self.sent.message

    @property
    def card(self) -> Message | None:
        """The answer, where it is a card and not a refusal; or what took its place."""
        answer = self.answer
        if answer is None or _is_refusal(answer):
            return None
        return answer if answer.accent_color in ENDS else self.posted() or answer

    @property
    def is_over(self) -> bool:
        card = self.card
        return card is None or card.accent_color in ENDS


def _is_refusal(answer: Message) -> bool:
    """Cards have buttons at their end."""
    return answer.accent_color == Accent.FAILED and not answer.buttons


@dataclass(eq=False, slots=True)
class Guest:
    """A member in a channel, with what it has asked for."""

    member: Member
    channel: Channel
    most_waiting: int
    wishes: list[Wish] = field(default_factory=list)

    async def ask(self, wish: Wish) -> None:
        """Type it, once fewer than `most_waiting` of one's own are under way."""
        await until(self._has_room, 120, what=f"{self.member.name} to have fewer requests waiting")
        self.wishes.append(wish)
        chosen = {"model": wish.model, "private": wish.is_private or None}
        options = {name: value for name, value in chosen.items() if value is not None}
        wish.sent = await self.member.slash(self.channel, "imagine", prompt=wish.prompt, **options)

    def let_token_die(self, wish: Wish, world: SandboxDiscord) -> None:
        """As after a quarter of an hour: a card seen by its member alone can be edited no more.

        Only of a card that was edited, and so is known to the bot: nobody is away for so long at the first answer.
        """
        card = wish.answer
        if wish.sent is not None and card is not None and card.edited_at is not None:
            wish.sent.interaction.expires_at = world.backend.now_iso()
            wish.posted = partial(self._letter, wish.prompt, world)

    def _letter(self, prompt: str, world: SandboxDiscord) -> Message | None:
        return next((message for message in world.messages(self.member.dm) if prompt in message.text), None)

    def _has_room(self) -> bool:
        return sum(not wish.is_over for wish in self.wishes) < self.most_waiting


class Company:
    """`members` spread over `guilds`, each guild with one channel.

    Nobody has more than `most_waiting` requests under way at a time; the bot allows 20.
    """

    def __init__(self, stage: Stage, members: int, guilds: int, most_waiting: int = 15) -> None:
        self.stage = stage
        made = [stage.world.create_guild(f"Guild {n}", ("gallery",)) for n in range(guilds)]
        self.guests = [
            Guest(made[n % guilds].add_member(f"member{n}"), made[n % guilds].channel("gallery"), most_waiting)
            for n in range(members)
        ]

    @property
    def wishes(self) -> list[Wish]:
        return [wish for guest in self.guests for wish in guest.wishes]

    async def ask_all(self, wishes: Sequence[Wish]) -> None:
        """Each member types its share, one after the other; all members at the same time."""
        shares = [wishes[n :: len(self.guests)] for n in range(len(self.guests))]
        await asyncio.gather(*(self._ask(guest, share) for guest, share in zip(self.guests, shares, strict=True)))

    async def _ask(self, guest: Guest, share: Sequence[Wish]) -> None:
        for wish in share:
            await guest.ask(wish)

    async def all_over(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for wish in self.wishes:
            await until(partial(getattr, wish, "is_over"), max(1.0, deadline - time.monotonic()), what=wish.prompt[:80])

    # ------------------------------------------------------------ what must be true

    def ends(self) -> Counter[str]:
        """How the cards ended; anything that is not an end under its own name."""
        names = {accent.value: accent.name.lower() for accent in Accent}
        return Counter(names.get(wish.card.accent_color or 0, "?") for wish in self.wishes if wish.card is not None)

    def violations(self) -> Iterator[str]:
        """Everything that is not as promised, a line each."""
        if self.stage.meigen.rate_limited:
            yield f"{self.stage.meigen.rate_limited} times 429"
        where = self._where_files_are()
        for wish in self.wishes:
            yield from (f"{problem}: {wish.prompt[:80]!r}" for problem in self._problems(wish, where))

    def _problems(self, wish: Wish, where: Counter[str]) -> Iterator[str]:
        generations = self.stage.generations(wish.words)
        card = wish.card
        if len(generations) > 1:
            yield f"charged {len(generations)} times"
        if card is None:
            if generations:
                yield "charged, and no card stands"
            return
        if card.accent_color not in ENDS:
            yield "no end"
        if card.accent_color == Accent.DONE:
            yield from _problems_of_delivery(
                card, [picture for generation in generations for picture in pictures_of(generation)], where
            )
        if card.accent_color == Accent.FAILED and not (generations and generations[0].failure):
            yield "failed, and the upstream did not"

    def _where_files_are(self) -> Counter[str]:
        """How often each result is to be seen anywhere."""
        messages = [m for guest in self.guests for m in self.stage.world.messages(guest.member.dm)]
        for channel in {guest.channel.id: guest.channel for guest in self.guests}.values():
            messages += self.stage.world.messages(channel)
        return Counter(file.filename for message in messages for file in results(message))


def _problems_of_delivery(card: Message, pictures: Sequence[bytes], where: Counter[str]) -> Iterator[str]:
    if not pictures or [file.data for file in results(card)] != list(pictures):
        yield f"{len(results(card))} pictures that are not its own {len(pictures)}"
    if any(where[file.filename] != 1 for file in results(card)):
        yield "delivered twice"
    if not all(file.description for file in results(card)):
        yield "no alt text"
    if card.pinged_user_ids:
        yield "somebody was pinged"
