"""Easel as a process of its own between the two stand-ins, and what must hold whatever was done to it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import sqlite3
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import av
import pytest
from PIL import Image

from bot.ui.messages import Accent
from sandbox.demo import BOT_COMMAND, bot_environment
from sandbox.discord import (
    Attachment,
    Channel,
    Form,
    Guild,
    Member,
    Message,
    Outcome,
    SandboxDiscord,
    SentInteraction,
)
from sandbox.meigen import Generation, SandboxMeigen
from sandbox.meigen.engine import result_names
from sandbox.meigen.files import result_file
from tests.support.discord_spec import SPEC, check_requests
from tests.support.meigen_rules import broken_promises

T = TypeVar("T")

START_SECONDS = 40.0
END_SECONDS = 30.0
ENDS = frozenset({Accent.DONE, Accent.FAILED, Accent.STOPPED, Accent.UNSURE})

PICTURE_SCALE, VIDEO_PIXELS = 0.25, 120
MEIGEN_OPTIONS: Mapping[str, Any] = {
    "rate_limit": 60,
    "rate_window_seconds": 2.0,
    "time_scale": 0.004,
    "picture_scale": PICTURE_SCALE,
    "video_pixels": VIDEO_PIXELS,
}
"""Quick, and so wide a limit that it delays no test that is not about it."""

_ENTRY = re.compile(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ )")
_LOUD = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) |Traceback|never awaited|never retrieved|Unclosed")
_SIGNATURE = re.compile(rb"hm=[0-9a-f]{32}")


async def until(predicate: Callable[[], T | None], seconds: float = 10.0, *, what: str) -> T:
    """Wait until the predicate gives something true, and return that. Raises TimeoutError with `what`."""
    deadline = time.monotonic() + seconds
    while not (found := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        await asyncio.sleep(0.02)
    return found


class Bot:
    """`python -m bot run` on one data folder, through as many lives as a test wants."""

    def __init__(self, world: SandboxDiscord, environment: Mapping[str, str], folder: Path) -> None:
        self._world = world
        self.environment = dict(environment)
        self._folder = folder
        self.process: Process | None = None
        self.log_path = folder / "easel.log"

    @property
    def log(self) -> str:
        """Of all lives."""
        return self.log_path.read_text(encoding="utf-8") if self.log_path.exists() else ""

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def spawn(self, **settings: str) -> Process:
        """Start it and leave it to itself; `settings` are for this life."""
        with self.log_path.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *BOT_COMMAND,
                env=self.environment | settings,
                cwd=self._folder,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    async def start(self, **settings: str) -> None:
        """Start it and wait until it is logged in, with its commands known."""
        gateway, identified = self._world.gateway, self._world.gateway.identifies
        process = await self.spawn(**settings)
        await until(
            lambda: process.returncode is not None or (gateway.connected and gateway.identifies > identified),
            START_SECONDS,
            what="the bot to log in",
        )
        assert process.returncode is None, f"the bot ended with {process.returncode}:\n{self.log}"

    async def terminate(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Stop it as systems do; seconds until it was gone."""
        assert self.process is not None
        began_at = time.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(END_SECONDS):
            code = await self.process.wait()
        assert code == 0, f"exit code {code}:\n{self.log}"
        return time.monotonic() - began_at

    async def kill(self) -> float:
        """SIGKILL; epoch seconds of it."""
        assert self.process is not None
        killed_at = time.time()
        self.process.kill()
        await self.process.wait()
        await until(lambda: not self._world.gateway.connected, what="the socket to be seen closed")
        return killed_at

    async def restart(self) -> float:
        """SIGKILL and a new life; epoch seconds of the kill."""
        killed_at = await self.kill()
        await self.start()
        return killed_at

    async def close(self) -> None:
        if self.is_alive and self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


class Stage:
    """Both stand-ins, the bot between them, and one guild with a channel and a member."""

    def __init__(self, world: SandboxDiscord, meigen: SandboxMeigen, bot: Bot, folder: Path) -> None:
        self.world = world
        self.meigen = meigen
        self.bot = bot
        self.folder = folder
        self.guild: Guild = world.create_guild("Home", ("gallery", "closed"))
        self.gallery: Channel = self.guild.channel("gallery")
        self.mia: Member = self.guild.add_member("mia")

    # ------------------------------------------------------------ acting

    async def knows_models(self) -> None:
        """Wait until the bot has the catalogue."""
        async with asyncio.timeout(START_SECONDS):
            while not (await self.mia.autocomplete(self.gallery, "imagine", "model", "")).choices:  # noqa: ASYNC110  another process: there is no event
                await asyncio.sleep(0.05)

    async def ask(
        self, prompt: str, *, member: Member | None = None, command: str = "imagine", **options: Any
    ) -> Message:
        """`/imagine` (or `/video`) in the gallery: the card as it stood when it was answered."""
        sent = await (member or self.mia).slash(self.gallery, command, prompt=prompt, **options)
        return card_of(sent)

    async def refused(
        self, prompt: str, *, channel: Channel | None = None, command: str = "imagine", **options: Any
    ) -> str:
        """`/imagine` (or `/video`) that is not taken: what the member alone is told."""
        before = len(self.jobs())
        sent = await self.mia.slash(channel or self.gallery, command, prompt=prompt, **options)
        told = card_of(sent)
        assert told.ephemeral
        assert told.accent_color == Accent.FAILED
        assert not told.buttons
        assert len(self.jobs()) == before
        return told.text

    def expire(self, prompt: str, *numbers: int) -> None:
        """Serve the files made for that prompt no more (404); with numbers, counted from 0, only those."""
        for generation in self.generations(prompt):
            self.meigen.expire(generation.id, *numbers)

    # ------------------------------------------------------------ waiting

    def now(self, card: Message) -> Message:
        """The card as it stands now. Raises LookupError where it was deleted."""
        found = self.world.message(card)
        if found is None:
            raise LookupError(f"message {card.id} is gone")
        return found

    async def shows(self, card: Message, text: str, seconds: float = 10.0) -> Message:
        """Wait until the card says `text`."""
        return await self._card_with(card, lambda now: text in now.text, seconds, f"“{text}”")

    async def ended(self, card: Message, accent: Accent = Accent.DONE, seconds: float = 20.0) -> Message:
        """Wait until the card is final, which must be with `accent`."""
        now = await self._card_with(card, lambda now: now.accent_color in ENDS, seconds, "an end")
        assert now.accent_color == accent, now.text
        return now

    async def _card_with(
        self, card: Message, is_right: Callable[[Message], bool], seconds: float, what: str
    ) -> Message:
        def look() -> Message | None:
            now = self.world.message(card)
            return now if now is not None and is_right(now) else None

        try:
            found = await self.world.wait_for(look, seconds)
        except TimeoutError:
            now = self.world.message(card)
            raise TimeoutError(f"no {what} within {seconds:g} s on: {now and now.text}\n{self.bot.log}") from None
        assert found is not None
        return found

    # ------------------------------------------------------------ looking

    def jobs(self) -> list[dict[str, Any]]:
        """All rows of the job table, oldest first, with `prompt` read out of the request."""
        return [row | {"prompt": json.loads(row["request"])["prompt"]} for row in self.rows("jobs")]

    def job(self, prompt: str) -> dict[str, Any]:
        """The only job with that prompt."""
        (row,) = self.jobs_of(prompt)
        return row

    def jobs_of(self, prompt: str) -> list[dict[str, Any]]:
        return [row for row in self.jobs() if row["prompt"] == prompt]

    def rows(self, table: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self.folder}/easel.db?mode=ro", uri=True, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608  our own names

    def generations(self, prompt: str) -> list[Generation]:
        """What MeiGen has charged for that prompt."""
        return [generation for generation in self.meigen.generations.values() if generation.prompt == prompt]

    def submissions(self) -> list[str]:
        """The prompts of all POSTs that reached MeiGen; a check of a key has none."""
        seen = (request.payload for request in self.meigen.requests if request.route == "generate")
        return [str(payload["prompt"]) for payload in seen if isinstance(payload, dict) and payload]

    def everything(self) -> list[Message]:
        """All messages of the guild and of the member's direct messages, oldest first."""
        channels = (self.gallery, self.guild.channel("closed"), self.mia.dm)
        return [message for channel in channels for message in self.world.messages(channel)]

    # ------------------------------------------------------------ the end

    def check(self) -> None:
        """What holds at every end."""
        problems = [
            f"a fault of the stand-ins: {fault!r}" for fault in (*self.world.own_faults, *self.meigen.own_faults)
        ]
        problems += [entry for entry in _ENTRY.split(self.bot.log) if _LOUD.search(entry)]
        problems += self._leaks()
        problems += self._odd_orders()
        if SPEC.exists():
            problems += check_requests(self.world.requests)
        assert not problems, "\n".join(problems)

    def _odd_orders(self) -> Iterator[str]:
        """What went upstream otherwise than documented, and continuations whose length is not their video's."""
        payloads = (request.payload for request in self.meigen.requests if request.route == "generate")
        for payload in (payload for payload in payloads if isinstance(payload, dict) and payload):
            yield from (f"{problem}: {str(payload)[:300]}" for problem in broken_promises(payload))
            continued = self._made_at(str(payload.get("referenceVideo", "")))
            told = payload.get("referenceVideoDuration")
            if continued is not None and told != pytest.approx(continued.order.duration_seconds, abs=0.05):
                yield f"continues {continued.order.duration_seconds} s as {told} s: {str(payload)[:300]}"

    def _made_at(self, url: str) -> Generation | None:
        """The generation whose file lies at that address."""
        return next((made for made in self.meigen.generations.values() if f"/{made.id}/" in url), None)

    def _leaks(self) -> Iterator[str]:
        """Secrets in the clear, by the file that holds them."""
        secrets = {"the bot's token": self.world.token}
        secrets |= {f"MeiGen key {number}": key for number, key in enumerate(self.meigen.engine.accounts, 1)}
        secrets |= {f"the token of interaction {sent.id}": sent.interaction.token for sent in self.world.interactions}
        for path in sorted(self.folder.iterdir()):
            if path.name != self.bot.log_path.name and not path.name.startswith("easel.db"):
                continue
            content = path.read_bytes()
            yield from (f"{name} in {path.name}" for name, secret in secrets.items() if secret.encode() in content)
            if _SIGNATURE.search(content):
                yield f"a signed link in {path.name}"


@asynccontextmanager
async def open_stage(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    is_started: bool = True,
    **meigen_options: Any,
) -> AsyncIterator[Stage]:
    """Everything up and running, and checked at the end. `settings` go over the bot's environment."""
    async with await SandboxDiscord.start() as world:
        options = {**MEIGEN_OPTIONS, "trusted_hosts": (world.host,), **meigen_options}
        async with SandboxMeigen(**options) as meigen:
            ours = {
                "LOG_LEVEL": "INFO",
                "MEIGEN_POLL_SECONDS": "0.05",
                "MEIGEN_RATE_LIMIT": str(options["rate_limit"]),
                "MEIGEN_RATE_WINDOW_SECONDS": str(options["rate_window_seconds"]),
            }
            environment = bot_environment(world, meigen, folder, os.environ) | ours | dict(settings or {})
            stage = Stage(world, meigen, Bot(world, environment, folder), folder)
            try:
                if is_started:
                    await stage.bot.start()
                    await stage.knows_models()
                yield stage
                if stage.bot.is_alive:
                    await stage.bot.terminate()
                stage.check()
            finally:
                await stage.bot.close()


def card_of(sent: SentInteraction) -> Message:
    """The message that answered an interaction."""
    assert sent.outcome is Outcome.MESSAGE, sent.outcome
    assert sent.seconds_to_answer is not None
    assert sent.seconds_to_answer < 3
    assert sent.message is not None
    return sent.message


def form_of(sent: SentInteraction) -> Form:
    """The form that an interaction has opened: what it holds is in `.values`; `Member.submit` sends it."""
    assert sent.outcome is Outcome.MODAL, sent.outcome
    assert sent.seconds_to_answer is not None
    assert sent.seconds_to_answer < 3
    assert sent.form is not None
    return sent.form


async def together(*actions: Awaitable[SentInteraction]) -> list[SentInteraction]:
    """Let members act at the same moment: all of it has been sent before any of it is answered."""
    return list(await asyncio.gather(*actions))


def seconds_of(content: bytes) -> float:
    """How long a video is, as its header tells."""
    with av.open(io.BytesIO(content), "r") as container:
        assert container.duration is not None
        return container.duration / 1_000_000


def results(message: Message) -> list[Attachment]:
    """The attachments that the upstream made, references left out."""
    return [file for file in message.attachments if file.filename.startswith("easel-")]


def pictures_of(generation: Generation) -> list[bytes]:
    """The very files that MeiGen has made."""
    names = [path.rpartition("/")[2] for path in result_names(generation)]
    files = [result_file(generation, name, PICTURE_SCALE, VIDEO_PIXELS) for name in names]
    return [file.content() for file in files if file is not None]


def png(colour: str = "teal", pixels: int = 64) -> bytes:
    """A small picture to give as a reference."""
    stream = io.BytesIO()
    Image.new("RGB", (pixels, pixels), colour).save(stream, "PNG")
    return stream.getvalue()
