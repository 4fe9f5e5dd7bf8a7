"""Members who use whatever there is: any command, and anything on any message that they can see, at random."""

from __future__ import annotations

import asyncio
import random
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from simcord.backend.errors import SetupError
from simcord.enums import AppCommandType, ComponentType

from bot.domain.pings import Notify
from bot.ui.buttons import CUSTOM_ID
from bot.ui.messages import Action
from sandbox.discord import Channel, File, Member, Message, Outcome, SandboxDiscord, SentInteraction
from sandbox.discord.forms import Field, Form
from sandbox.meigen.catalogue import BY_ID
from tests.e2e.harness import png

RECENT_MESSAGES = 40
"""So far back a channel is scrolled."""
TYPES, USES_MENU, TWICE, CLOSES_FORM = 0.35, 0.06, 0.1, 0.15
"""Shares: of commands, of messages' menus, of double clicks, of forms that are closed again."""
PAUSE_SECONDS = (0.2, 3.0)
RARE: Mapping[str, float] = {Action.DELETE: 0.15, Action.CANCEL: 0.3, Action.FORGET: 0.5}
"""How often these are pressed where they are there, against all others: something is to be left."""
OF_A_CARD = frozenset({Action.CANCEL, Action.AGAIN, Action.ASK, Action.DELETE})

FILES = (
    File("reference.png", png()),
    File("wide.png", png("orange", 300)),
    File("large.png", png("navy", 600)),
    File("empty.png", b""),
    File("moving.gif", b"GIF89a" + b"\0" * 60),
    File("notes.txt", b"a lighthouse, in the words of a file"),
)
FLAGS = (
    "--ar 16:9",
    "--ar 1:1",
    "—stylize 250",
    "--chaos 9",
    "--raw",
    "--weird 20",
    "--iw 2",
    "--quality high",
    "--s 50",
)
MISTAKES = ("--chaos 900", "--zoom 2", "--ar", "--stylize much", "--sref no")
GALLERY = ("3100000000000000001", "3100000000000000005", "3100000000000000009", "3100000000000000999", "a", "night")
IMAGE_MODELS = tuple(model.id for model in BY_ID.values() if model.media_type == "image")
VIDEO_MODELS = tuple(model.id for model in BY_ID.values() if model.media_type == "video")
GRID = "midjourney-v8.1"

_OURS = re.compile(CUSTOM_ID)


@dataclass(eq=False, slots=True)
class Act:
    """One thing that a member did; a double click is one, and has sent two interactions."""

    name: str
    member_id: int
    sent: tuple[SentInteraction, ...]
    outcomes: tuple[Outcome, ...]
    """As they were at first: a promise that was kept is a message in the end."""
    job_ids: frozenset[int] = frozenset()
    """The jobs whose cards it was answered with."""


@dataclass(eq=False, slots=True)
class Room:
    """A channel, and the messages in it that all can see, newest last."""

    channel: Channel
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT_MESSAGES))


@dataclass(frozen=True, slots=True)
class Control:
    """A button or a menu (`values` are its options then) that could be used now."""

    action: str
    custom_id: str
    values: tuple[str, ...] = ()


class Visitor:
    """One member. `acts` grows with whatever was done, oldest first."""

    def __init__(self, world: SandboxDiscord, member: Member, room: Room, dice: random.Random) -> None:
        self.member = member
        self.acts: list[Act] = []
        self._world = world
        self._room = room
        self._dice = dice
        self._own: deque[int] = deque(maxlen=RECENT_MESSAGES // 2)
        self._serial = 0

    async def stroll(self, is_over: Callable[[], bool]) -> None:
        """Do one thing after the other."""
        while not is_over():
            await self._do_something()
            await asyncio.sleep(self._dice.uniform(*PAUSE_SECONDS))

    async def _do_something(self) -> None:
        message = self._look_at_something()
        chance = self._dice.random()
        if message is None or chance < TYPES:
            await self._type()
        elif chance < TYPES + USES_MENU:
            await self._use_menu(message)
        else:
            await self._use(message)

    # ------------------------------------------------------------ commands

    async def _type(self) -> None:
        """Half of the time a request, else any other command that is known to Discord."""
        synced = {each["name"]: each for each in self._world.commands() if each.get("type", 1) == 1}
        name = (
            self._dice.choice(sorted(synced)) if self._dice.random() < 0.3 else self._dice.choice(("imagine", "video"))
        )
        make = getattr(self, f"_options_of_{name}", None)
        if make is None and any(option.get("required") for option in synced[name].get("options", ())):
            return
        options = {} if make is None else make()
        send = partial(self.member.slash, self._room.channel, name, **options)
        await self._act(f"/{name}", send)

    def _options_of_imagine(self) -> dict[str, Any]:
        model = self._dice.choice((None, GRID, GRID, *IMAGE_MODELS))
        return self._filled(prompt=self._prompt(), model=model, **self._extras(0.2))

    def _options_of_video(self) -> dict[str, Any]:
        model = self._dice.choice((None, *VIDEO_MODELS))
        chosen = {
            "duration": self._dice.choice((None, None, 4, 4, 8, 15)),
            "tier": self._dice.choice((None, None, None, "fast", "pro")),
            "resolution": self._dice.choice((None, None, None, "480p", "720p", "1080p")),
            "aspect_ratio": self._dice.choice((None, None, None, "16:9", "adaptive")),
        }
        prompt = f"fox {self._next()} of {self.member.name} runs"
        return self._filled(prompt=prompt, model=model, **chosen, **self._extras(0.2))

    def _options_of_history(self) -> dict[str, Any]:
        return self._filled(medium=self._dice.choice((None, "image", "video")), model=self._dice.choice((None, GRID)))

    def _options_of_models(self) -> dict[str, Any]:
        return self._filled(medium=self._dice.choice((None, "image", "video")))

    def _options_of_preferences(self) -> dict[str, Any]:
        return self._filled(
            notify=self._dice.choice((None, *(each.value for each in Notify))),
            model=self._dice.choice((None, GRID, "no-such-model")),
            aspect_ratio=self._dice.choice((None, "16:9", "square")),
            private=self._dice.choice((None, False, False, True)),
        )

    def _options_of_inspire(self) -> dict[str, Any]:
        return {"what": self._dice.choice(GALLERY)}

    def _extras(self, share: float) -> dict[str, Any]:
        given = self._dice.random() < share
        return {
            "reference": self._dice.choice(FILES) if given else None,
            "reference_2": self._dice.choice(FILES) if given and self._dice.random() < 0.3 else None,
            "private": True if self._dice.random() < 0.15 else None,
        }

    @staticmethod
    def _filled(**options: Any) -> dict[str, Any]:
        return {name: value for name, value in options.items() if value is not None}

    def _prompt(self) -> str:
        flags = self._dice.sample(FLAGS, self._dice.choice((0, 0, 1, 2)))
        return " ".join((f"fox {self._next()} of {self.member.name}", *flags, *self._mistake(0.05)))

    def _mistake(self, share: float) -> Iterator[str]:
        if self._dice.random() < share:
            yield self._dice.choice(MISTAKES)

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    # ------------------------------------------------------------ messages

    def _look_at_something(self) -> Message | None:
        """Rather something new; None where what was looked at is gone, or nothing is there yet."""
        there = [*self._room.recent, *self._own]
        if not there:
            return None
        return self._world.message(there[int(len(there) * self._dice.random() ** 0.6)])

    async def _use_menu(self, message: Message) -> None:
        menus = [each["name"] for each in self._world.commands() if each.get("type") == AppCommandType.MESSAGE]
        if menus and not message.ephemeral:
            name = self._dice.choice(sorted(menus))
            await self._act(name, partial(self.member.use_menu, name, message))

    async def _use(self, message: Message) -> None:
        control = self._choose(list(controls(message)))
        if control is None:
            return
        if control.values:
            value = self._dice.choice(control.values)
            await self._act(f"menu {control.action}", partial(self.member.choose, message, control.custom_id, value))
            return
        times = 2 if self._dice.random() < TWICE else 1
        await self._act(f"button {control.action}", partial(self.member.click, message, control.custom_id), times)

    def _choose(self, there: Sequence[Control]) -> Control | None:
        """First what to do, then with which of several: else a grid would be all U and V."""
        actions = sorted({control.action for control in there})
        if not actions:
            return None
        (action,) = self._dice.choices(actions, [RARE.get(each, 1.0) for each in actions])
        return self._dice.choice([control for control in there if control.action == action])

    # ------------------------------------------------------------ forms

    async def _answer_form(self, form: Form) -> None:
        if self._dice.random() < CLOSES_FORM:
            return
        changes = {} if self._dice.random() < 0.3 else dict(self._changes(form))
        match = _OURS.fullmatch(form.custom_id)
        await self._act(f"form {match and match['action']}", partial(self.member.submit, form, changes))

    def _changes(self, form: Form) -> Iterator[tuple[str, Any]]:
        for control in form.fields:
            value = self._value(control)
            if value is not None and self._dice.random() < 0.5:
                yield control.custom_id, value

    def _value(self, control: Field) -> Any:
        match control.kind:
            case ComponentType.TEXT_INPUT if control.custom_id == "options":
                return " ".join((*self._dice.sample(FLAGS, 2), *self._mistake(0.3)))
            case ComponentType.TEXT_INPUT:
                return f"fox {self._next()} of {self.member.name}, mixed"
            case ComponentType.STRING_SELECT:
                return self._dice.choice([choice.value for choice in control.choices])
            case ComponentType.FILE_UPLOAD:
                return [self._dice.choice(FILES)]
        return None

    # ------------------------------------------------------------ doing it

    async def _act(self, name: str, send: Callable[[], Any], times: int = 1) -> None:
        done = await asyncio.gather(*(send() for _ in range(times)), return_exceptions=True)
        sent = [each for each in done if isinstance(each, SentInteraction)]
        for problem in done:
            # What a person could not have done either: it was deleted or disabled meanwhile.
            if isinstance(problem, BaseException) and not isinstance(problem, (LookupError, SetupError)):
                raise problem
        if not sent:
            return
        seen = [message for each in sent for message in (each.message, *each.followups) if message is not None]
        for message in seen:
            self._remember(message)
        answers = [each.message for each in sent]
        jobs = frozenset(number for answer in answers if answer is not None for number in jobs_of(answer))
        self.acts.append(Act(name, self.member.id, tuple(sent), tuple(each.outcome for each in sent), jobs))
        for form in [each.form for each in sent if each.form is not None][:1]:
            await self._answer_form(form)

    def _remember(self, message: Message) -> None:
        known = self._own if message.ephemeral else self._room.recent
        if message.id not in known:
            known.append(message.id)


def controls(message: Message) -> Iterator[Control]:
    """Whatever can be pressed or chosen on a message now."""
    for button in message.buttons:
        match = _OURS.fullmatch(button.custom_id or "")
        if match is not None and button.custom_id is not None and not button.disabled:
            yield Control(match["action"], button.custom_id)
    for menu in message.menus:
        match = _OURS.fullmatch(menu.custom_id)
        if match is not None and not menu.disabled:
            yield Control(match["action"], menu.custom_id, tuple(choice.value for choice in menu.choices))


def jobs_of(card: Message) -> frozenset[int]:
    """The job whose card it is, by its buttons; none where it is something else."""
    matches = (_OURS.fullmatch(button.custom_id or "") for button in card.buttons)
    return frozenset(int(match["job_id"]) for match in matches if match and match["action"] in OF_A_CARD)
