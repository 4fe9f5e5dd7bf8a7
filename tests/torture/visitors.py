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
from simcord.enums import AppCommandType

from bot.ui.buttons import CUSTOM_ID
from bot.ui.messages import Action
from sandbox.discord import Channel, Member, Message, Outcome, SandboxDiscord, SentInteraction
from sandbox.discord.forms import Form
from tests.torture.typed import Typist

RECENT_MESSAGES = 40
"""So far back a channel is scrolled."""
TYPES, USES_MENU, OWN, TWICE, CLOSES_FORM = 0.3, 0.06, 0.4, 0.1, 0.15
"""Shares: of commands, of messages' menus, of looks at what one alone can see, of double clicks, of forms closed."""
REQUESTS = ("imagine", "video")
OTHER_COMMANDS, LOOKS_UP = 0.3, 0.15
"""Shares of commands: other than requests; where a word is typed into an option that is completed, and no more."""
PAUSE_SECONDS = (0.2, 3.0)
WEIGHTS: Mapping[str, float] = {Action.DELETE: 0.15, Action.CANCEL: 0.3, Action.FORGET: 0.5, Action.START: 3.0}
"""How often these are used where they are there, against all others, at 1: something is to be left, and to be made."""
OF_A_CARD = frozenset({Action.CANCEL, Action.AGAIN, Action.ASK, Action.DELETE})

SLASH, MESSAGE_MENU = AppCommandType.CHAT_INPUT, AppCommandType.MESSAGE

_OURS = re.compile(CUSTOM_ID)


@dataclass(frozen=True, slots=True)
class Step:
    """One interaction, and how it looked when it was answered: a promise that was kept is a message in the end."""

    sent: SentInteraction
    outcome: Outcome
    job_ids: frozenset[int]
    """The job whose card it was answered with, or was sent from."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a member did; a double click is one, of two steps."""

    name: str
    steps: tuple[Step, ...]


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
        self._typist = Typist(member.name, dice)

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
        """Mostly a request, else any other command that is known to Discord."""
        synced = {each["name"]: each for each in self._world.commands() if each.get("type", 1) == SLASH}
        any_other = self._dice.random() < OTHER_COMMANDS
        command = synced[self._dice.choice(sorted(synced) if any_other else REQUESTS)]
        if self._dice.random() < LOOKS_UP:
            await self._look_up(command)
            return
        options = self._typist.options(command)
        if options is not None:
            name = command["name"]
            await self._act(f"/{name}", partial(self.member.slash, self._room.channel, name, **options))

    async def _look_up(self, command: Mapping[str, Any]) -> None:
        completed = [each for each in command.get("options", ()) if each.get("autocomplete")]
        if completed:
            option, name = self._dice.choice(completed), command["name"]
            text = self._typist.beginning(option)
            look = partial(self.member.autocomplete, self._room.channel, name, option["name"], text)
            await self._act(f"completion of /{name}", look)

    # ------------------------------------------------------------ messages

    def _look_at_something(self) -> Message | None:
        """Rather something new; None where what was looked at is gone, or nothing is there yet."""
        there = self._own if self._dice.random() < OWN else self._room.recent
        if not there:
            return None
        return self._world.message(there[int(len(there) * self._dice.random() ** 0.6)])

    async def _use_menu(self, message: Message) -> None:
        menus = [each["name"] for each in self._world.commands() if each.get("type") == MESSAGE_MENU]
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
        (action,) = self._dice.choices(actions, [WEIGHTS.get(each, 1.0) for each in actions])
        return self._dice.choice([control for control in there if control.action == action])

    # ------------------------------------------------------------ forms

    async def _answer_form(self, form: Form) -> None:
        if self._dice.random() >= CLOSES_FORM:
            await self._act("form", partial(self.member.submit, form, self._typist.changes(form)))

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
        self.acts.append(Act(name, tuple(map(_step, sent))))
        for form in [each.form for each in sent if each.form is not None][:1]:
            await self._answer_form(form)

    def _remember(self, message: Message) -> None:
        """Unless there is nothing on it, and never will be."""
        if not (message.loading or message.buttons or message.menus):
            return
        known = self._own if message.ephemeral else self._room.recent
        if message.id not in known:
            known.append(message.id)


def _step(sent: SentInteraction) -> Step:
    message = sent.message
    return Step(sent, sent.outcome, frozenset() if message is None else jobs_of(message))


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
