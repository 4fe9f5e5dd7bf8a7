"""Hand-written stand-ins for what lies outside: time, disks that fill up, Discord, the upstream, files."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from bot.clock import Clock
from bot.domain.catalog import Medium, Model, Skill
from bot.domain.requests import GenerationRequest
from bot.errors import MessageGone, NotFound, StoreDown, SurfaceError, TokenDead, VaultError
from bot.ports import Accepted, CarriedReference, Generation, KeyCheck, KeyVerdict, MediaFile, Shown
from bot.store.sqlite import prepare, run_batch
from bot.store.units import Unit
from bot.ui.messages import Button, Kept, Message
from tests.simulation.virtual_loop import VirtualLoop
from tests.support.builders import BEGAN_AT, PROCESSING, model

P = ParamSpec("P")
T = TypeVar("T")


def virtually(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test in virtual time, from BEGAN_AT on."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(BEGAN_AT)) as runner:
            runner.run(test(*args, **kwargs))

    return run


class HandClock:
    """Time that a test sets."""

    def __init__(self, at: float = BEGAN_AT) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


class RotSealer:
    """Not secret, but not in clear either; opens for the purpose that it was sealed for."""

    def seal(self, text: str, purpose: str) -> str:
        return f"{purpose}|{text[::-1]}"

    def open(self, sealed: str, purpose: str) -> str:
        found, _, text = sealed.partition("|")
        if found != purpose:
            raise VaultError("sealed for another purpose")
        return text[::-1]


class AtOnce:
    """SQLite in memory and in this thread: no call ever waits. While `is_down`, its disk is full."""

    def __init__(self, database: bytes | None = None) -> None:
        self.raw = sqlite3.connect(":memory:", isolation_level=None)
        if database is not None:
            self.raw.deserialize(database)
        prepare(self.raw, None)
        self.is_down = False
        self.refused = 0

    async def run(self, unit: Callable[[], Unit[T]]) -> T:
        if self.is_down:
            self.refused += 1
            raise StoreDown("database or disk is full")
        (outcome,) = run_batch(self.raw, [unit])
        if isinstance(outcome, Exception):
            raise outcome
        result: T = outcome
        return result

    async def close(self) -> None:
        self.raw.close()

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        return self.raw.execute(sql, parameters).fetchall()


# ---- the upstream


@dataclass(frozen=True, slots=True)
class Submitted:
    at: float
    request: GenerationRequest
    model: Model | None
    key: str


@dataclass(frozen=True, slots=True)
class Looked:
    at: float
    generation_id: str
    key: str


class FakeProvider:
    """An upstream that answers as told: `answers` and `stands` are used up in turn, their last one again and again."""

    name = "meigen"
    key_prefix = ""
    skills = frozenset(Skill)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.submitted: list[Submitted] = []
        self.answers: list[Accepted | Exception] = []
        self.answer_seconds = 0.1
        self.looked: list[Looked] = []
        self.stands: dict[str, list[Generation | Exception]] = {}
        """Generation id → what looks tell, one after another; not named: it is being made."""
        self.look_seconds = 0.1
        self.looks_open = 0
        self.most_looks_open = 0
        self.checked: list[str] = []
        self.checks: list[KeyCheck] = []
        """What checks of keys tell, one after another; then every key is right."""

    async def models(self) -> Sequence[Model]:
        return (model(),)

    async def submit(self, request: GenerationRequest, of: Model | None, key: str) -> Accepted:
        self.submitted.append(Submitted(self._clock.now(), request, of, key))
        number = len(self.submitted)
        await asyncio.sleep(self.answer_seconds)
        answer = self.answers.pop(0) if self.answers else Accepted(f"gen-{number}", charged_credits=5)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def look(self, generation_id: str, key: str) -> Generation:
        self.looked.append(Looked(self._clock.now(), generation_id, key))
        self.looks_open += 1
        self.most_looks_open = max(self.most_looks_open, self.looks_open)
        try:
            await asyncio.sleep(self.look_seconds)
        finally:
            self.looks_open -= 1
        told = self.stands.get(generation_id, [PROCESSING])
        stand = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(stand, Exception):
            raise stand
        return stand

    async def check_key(self, key: str) -> KeyCheck:
        self.checked.append(key)
        await asyncio.sleep(self.answer_seconds)
        return self.checks.pop(0) if self.checks else KeyCheck(KeyVerdict.RIGHT)

    def looked_at(self, generation_id: str) -> list[float]:
        return [look.at for look in self.looked if look.generation_id == generation_id]


NOT_THERE = NotFound("404")


# ---- Discord


@dataclass(slots=True)
class Posted:
    """A message of ours."""

    channel_id: int
    message_id: int
    message: Message | None
    at: float
    nonce: str | None = None
    files: tuple[CarriedReference, ...] = ()

    @property
    def buttons(self) -> list[Button]:
        rows = () if self.message is None else self.message.rows
        return [button for row in rows for button in row if isinstance(button, Button)]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Discord."""

    name: str
    at: float
    target: str | int
    message: Message | None = None
    nonce: str | None = None


@dataclass(slots=True)
class FakeSurface:
    """Discord: messages and interaction tokens. `failing` names what a call raises, each time; `once` a single time."""

    clock: Clock
    messages: dict[int, Posted] = field(default_factory=dict)
    answers: dict[str, int | None] = field(default_factory=dict)
    """Token → its answer; None: none was given."""
    failing: dict[str, Exception] = field(default_factory=dict)
    once: dict[str, list[Exception]] = field(default_factory=dict)
    lost_replies: set[str] = field(default_factory=set)
    """Calls that do their work and tell nobody."""
    calls: list[Call] = field(default_factory=list)
    pings: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    """Nonce → message, member and text: a repeated nonce makes no second reply."""
    call_seconds: float = 0.05
    links_live_seconds: float = 86_400.0
    open: Counter[int] = field(default_factory=Counter)
    most_open: Counter[int] = field(default_factory=Counter)
    _last_id: int = 100_000

    def stand(
        self,
        channel_id: int,
        token: str | None = None,
        message_id: int | None = None,
        message: Message | None = None,
    ) -> Posted:
        """A message that stands already, as the answer of `token` where there is one."""
        return self._add(channel_id, message, token=token, message_id=message_id)

    def delete(self, message_id: int) -> None:
        del self.messages[message_id]

    def named(self, *names: str) -> list[Call]:
        return [call for call in self.calls if call.name in names]

    @property
    def shown(self) -> list[Call]:
        """Every call that carried a message."""
        return [call for call in self.calls if call.message is not None]

    async def edit_by_token(self, token: str, message: Message) -> Shown:
        message_id = self.answers.get(token)
        await self._begin("edit_by_token", token, message)
        if token not in self.answers or message_id is None:
            raise TokenDead(10015)
        return await self._edit(message_id, message, "edit_by_token")

    async def edit_by_ids(self, channel_id: int, message_id: int, message: Message) -> Shown:
        await self._begin("edit_by_ids", message_id, message)
        return await self._edit(message_id, message, "edit_by_ids")

    async def post(self, channel_id: int, message: Message, nonce: str) -> Shown:
        await self._begin("post", channel_id, message, nonce)
        return await self._post(channel_id, message, nonce, "post")

    async def post_directly(self, user_id: int, message: Message, nonce: str) -> Shown:
        await self._begin("post_directly", user_id, message, nonce)
        return await self._post(-user_id, message, nonce, "post_directly")

    async def ping(self, channel_id: int, message_id: int, user_id: int, text: str, nonce: str) -> None:
        await self._begin("ping", message_id, nonce=nonce)
        self.pings.setdefault(nonce, (message_id, user_id, text))
        if "ping" in self.lost_replies:
            await asyncio.Event().wait()

    async def find_answer(self, token: str) -> Shown | None:
        await self._begin("find_answer", token)
        if token not in self.answers:
            raise TokenDead(50027)
        return self._find(self.answers[token])

    async def find_message(self, channel_id: int, message_id: int) -> Shown | None:
        await self._begin("find_message", message_id)
        return self._find(message_id)

    async def find_post(self, channel_id: int, job_id: int, since: float, besides: int | None = None) -> Shown | None:
        await self._begin("find_post", channel_id)
        return self._find_post(channel_id, job_id, since, besides)

    async def find_direct_post(self, user_id: int, job_id: int, since: float) -> Shown | None:
        await self._begin("find_direct_post", user_id)
        return self._find_post(-user_id, job_id, since, None)

    async def _begin(
        self, name: str, target: str | int, message: Message | None = None, nonce: str | None = None
    ) -> None:
        self.calls.append(Call(name, self.clock.now(), target, message, nonce))
        await asyncio.sleep(self.call_seconds)
        if self.once.get(name):
            raise self.once[name].pop(0)
        if name in self.failing:
            raise self.failing[name]

    async def _edit(self, message_id: int, message: Message, name: str) -> Shown:
        self.open[message_id] += 1
        self.most_open[message_id] = max(self.most_open[message_id], self.open[message_id])
        await asyncio.sleep(self.call_seconds)
        self.open[message_id] -= 1
        if message_id not in self.messages:
            raise MessageGone(10008)
        posted = self.messages[message_id]
        posted.message = message
        posted.files = self._files_of(message)
        return await self._reply(posted, name)

    async def _post(self, channel_id: int, message: Message, nonce: str, name: str) -> Shown:
        known = [p for p in self.messages.values() if (p.channel_id, p.nonce) == (channel_id, nonce)]
        return await self._reply(known[0] if known else self._add(channel_id, message, nonce=nonce), name)

    async def _reply(self, posted: Posted, name: str) -> Shown:
        if name in self.lost_replies:
            await asyncio.Event().wait()
        return Shown(posted.channel_id, posted.message_id, posted.files)

    def _add(
        self,
        channel_id: int,
        message: Message | None,
        *,
        token: str | None = None,
        nonce: str | None = None,
        message_id: int | None = None,
    ) -> Posted:
        self._last_id += 1
        files = () if message is None else self._files_of(message)
        posted = Posted(channel_id, message_id or self._last_id, message, self.clock.now(), nonce, files)
        self.messages[posted.message_id] = posted
        if token is not None:
            self.answers[token] = posted.message_id
        return posted

    def _files_of(self, message: Message) -> tuple[CarriedReference, ...]:
        ex = int(self.clock.now() + self.links_live_seconds)
        return tuple(
            CarriedReference(
                file.attachment_id if isinstance(file, Kept) else number,
                file.filename,
                f"https://cdn.test/kept/{file.filename}?ex={ex:x}",
            )
            for number, file in enumerate(message.attachments, 1)
        )

    def _find(self, message_id: int | None) -> Shown | None:
        posted = None if message_id is None else self.messages.get(message_id)
        if posted is None:
            return None
        actions = frozenset(str(button.action) for button in posted.buttons)
        jobs = [button.job_id for button in posted.buttons]
        return Shown(posted.channel_id, posted.message_id, posted.files, actions, jobs[0] if jobs else None)

    def _find_post(self, channel_id: int, job_id: int, since: float, besides: int | None = None) -> Shown | None:
        for posted in self.messages.values():
            rows = () if posted.message is None else posted.message.rows
            ours = any(button.job_id == job_id for row in rows for button in row)
            if posted.channel_id == channel_id and posted.message_id != besides and posted.at >= since and ours:
                return Shown(posted.channel_id, posted.message_id, posted.files)
        return None


def refusals(*kinds: type[SurfaceError]) -> list[Exception]:
    return [kind() for kind in kinds]


# ---- files


class FakeMedia:
    """Results that are there, unless `troubles` says otherwise by link."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.here: dict[tuple[int, int], MediaFile] = {}
        self.dropped: list[int] = []
        self.troubles: dict[str, Exception] = {}
        self.size_bytes = 1000
        self.duration_seconds: float | None = None
        self.room_asked: list[int] = []
        self.fits = True

    async def fetch(self, job_id: int, index: int, url: str, medium: Medium) -> MediaFile:
        self.fetched.append(url)
        await asyncio.sleep(0.02)
        if url in self.troubles:
            raise self.troubles[url]
        self.here[job_id, index] = MediaFile(
            Path(f"/kept/{job_id}/{index}.png"), "image/png", self.size_bytes, duration_seconds=self.duration_seconds
        )
        return self.here[job_id, index]

    async def look(self, url: str) -> None:
        if url in self.troubles:
            raise self.troubles[url]

    async def kept(self, job_id: int, index: int) -> MediaFile | None:
        return self.here.get((job_id, index))

    async def fit(self, file: MediaFile, limit_bytes: int) -> MediaFile | None:
        self.room_asked.append(limit_bytes)
        return file if self.fits and file.size_bytes <= limit_bytes else None

    async def thumbnail(self, file: MediaFile, side_pixels: int, limit_bytes: int) -> MediaFile | None:
        return file if file.content_type.startswith("image/") else None

    async def drop(self, job_id: int) -> None:
        self.dropped.append(job_id)
        self.here = {place: file for place, file in self.here.items() if place[0] != job_id}
