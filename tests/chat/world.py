"""A real client of ours, in this process, against the sandbox's Discord over sockets; what is behind it is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from discord import ui
from discord.http import handle_message_parameters

from bot.chat.client import Easel, Offered, point_at, run_client
from bot.clock import SystemClock
from bot.domain.catalog import Catalog, Medium, Model, Prices, Skill, Timing
from bot.domain.gate import PauseReason
from bot.domain.jobs import Job, JobState
from bot.domain.preferences import Usual
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest
from bot.domain.views import AccountCredits, CardView, CreditsView, Usage, Waiting
from bot.errors import Refused
from bot.ports import CardKind
from bot.services.intake import Offer
from bot.services.origin import Origin
from cogs.buttons import Buttons
from cogs.cards import CardClicks
from cogs.credits import Credits
from cogs.guilds import Guilds
from cogs.imagine import Imagine
from cogs.models import Models
from sandbox.discord import Channel, Guild, Member, Message, SandboxDiscord
from tests.support.discord_bot import eventually, pointed_at
from tests.unit.ui.make import job, view

DRAWING = Model(
    "meigen",
    "gpt-image-2",
    "GPT Image 2.0",
    "OpenAI",
    Medium.IMAGE,
    ratios=("1:1", "16:9"),
    resolutions=("1K", "2K"),
    qualities=("low", "high"),
    max_references=5,
    prices=Prices(per_generation=10),
    timing=Timing(45, 90),
    is_default=True,
)
CATALOG = Catalog((DRAWING, replace(DRAWING, id="flux2-klein", name="Flux 2 Klein", is_default=False)), 1_780_000_000.0)


@dataclass
class MadeUpIntake:
    """Takes everything, and keeps what it was told."""

    jobs: dict[int, Job] = field(default_factory=dict)
    asked: list[tuple[GenerationRequest, Origin]] = field(default_factory=list)
    clicks: list[tuple[str, int, Origin]] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    joined: list[Collection[int]] = field(default_factory=list)
    confirmed: dict[int, int | None] = field(default_factory=dict)
    withdrawn: list[int] = field(default_factory=list)
    doubted: list[int] = field(default_factory=list)
    error: Exception | None = None
    """Raised by the next offer."""
    state: JobState = JobState.OFFERED
    """Of what is offered, for the sake of its buttons."""
    meanwhile: Callable[[Origin], Awaitable[None]] | None = None
    """What happens while an offer is stored."""
    alter: Callable[[CardView], CardView] = lambda view: view

    async def offer(self, request: GenerationRequest, origin: Origin) -> Offer:
        self.asked.append((request, origin))
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        if self.meanwhile is not None:
            await self.meanwhile(origin)
        is_private = origin.card_kind is CardKind.PRIVATE
        made = job(self.state, id=len(self.jobs) + 1, request=request, user_id=origin.user_id, is_private=is_private)
        self.jobs[made.id] = made
        return Offer(made, self.view(made.id))

    async def ask(self, request: GenerationRequest, origin: Origin, *, typing: Sequence[Problem] = ()) -> Offer:
        if typing:
            raise Refused(tuple(typing))
        return await self.offer(request, origin)

    async def again(self, job_id: int, origin: Origin, *, is_confirmed: bool = False) -> Offer:
        del is_confirmed
        return await self.offer((await self.known(job_id)).request, origin)

    async def choices_for(self, _: int | None) -> Catalog:
        return CATALOG

    async def left_guild(self, guild_id: int) -> None:
        self.left.append(guild_id)

    async def joined_guilds(self, guild_ids: Collection[int]) -> None:
        self.joined.append(guild_ids)

    async def confirm(self, job_id: int, message_id: int | None) -> None:
        self.confirmed[job_id] = message_id

    async def withdraw(self, job_id: int) -> None:
        self.withdrawn.append(job_id)

    def doubt(self, job_id: int) -> None:
        self.doubted.append(job_id)

    async def clicked(self, job_id: int, origin: Origin) -> Job:
        self.clicks.append(("clicked", job_id, origin))
        return await self.known(job_id)

    async def cancel(self, job_id: int, origin: Origin) -> Job:
        known = await self.known(job_id)
        if known.user_id != origin.user_id and not origin.is_moderator:
            raise Refused((Problem(ProblemCode.NOT_YOURS),))
        self.clicks.append(("cancel", job_id, origin))
        return known

    async def known(self, job_id: int) -> Job:
        if job_id not in self.jobs:
            raise Refused((Problem(ProblemCode.JOB_UNKNOWN),))
        return self.jobs[job_id]

    def view(self, job_id: int) -> CardView:
        return self.alter(view(self.jobs[job_id], DRAWING, waiting=Waiting(3, 20.0)))


class MadeUpQueries:
    """Always tells the same."""

    async def credits(self, guild_id: int | None, user_id: int) -> CreditsView:
        usage = Usage(spent_credits=30, reserved_credits=10, jobs=4)
        account = AccountCredits("meigen", 1240, is_unlimited=False, told_at=1_780_000_000.0, pause_reason=None)
        return CreditsView((account,), usage if guild_id else None, usage, 1_779_980_000.0)

    async def troubles(self, guild_id: int | None) -> Mapping[str, PauseReason]:
        return {}

    async def usual_seconds(self) -> Mapping[str, float]:
        return {"gpt-image-2": 38.0}


class MadeUpCatalogue:
    """Two models; completes by what a choice holds."""

    current = CATALOG
    skills = frozenset(Skill) - {Skill.POSES}

    def at(self, _: int | None) -> Catalog:
        return CATALOG

    def skills_at(self, _: int | None) -> frozenset[Skill]:
        return self.skills

    def models_matching(self, text: str, medium: Medium, *, within: Catalog) -> tuple[Model, ...]:
        del within
        return tuple(model for model in self.current.of(medium) if text in model.id)

    def ratios_for(self, model: str | None, text: str, medium: Medium) -> tuple[str, ...]:
        return tuple(ratio for ratio in ("auto", *DRAWING.ratios) if text in ratio) if model else ("auto",)

    def resolutions_for(self, model: str | None, text: str, medium: Medium) -> tuple[str, ...]:
        return DRAWING.resolutions

    def qualities_for(self, model: str | None, text: str, medium: Medium) -> tuple[str, ...]:
        return DRAWING.qualities


@dataclass
class MadeUpDocuments:
    """Keeps texts in memory."""

    kept: dict[str, tuple[str, float]] = field(default_factory=dict)

    async def load(self, key: str) -> tuple[str, float] | None:
        return self.kept.get(key)

    async def save(self, key: str, text: str, at: float) -> None:
        self.kept[key] = (text, at)


@dataclass(frozen=True)
class Scene:
    """A connected bot, and a member in a channel of a server."""

    world: SandboxDiscord
    client: Easel
    intake: MadeUpIntake
    guild: Guild
    channel: Channel
    mia: Member

    async def card(self) -> Message:
        """A card just asked for."""
        sent = await self.mia.slash(self.channel, "imagine", prompt="a cat")
        assert sent.message is not None
        return sent.message

    async def finished_card(self, **options: object) -> Message:
        """A card that can be asked for again."""
        self.intake.state = JobState.CANCELLED
        sent = await self.mia.slash(self.channel, "imagine", prompt="a cat", **options)
        assert sent.message is not None
        return sent.message

    async def post_button(self, custom_id: str) -> Message:
        """A message of the bot's with a button labelled `Old`."""
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.ActionRow(ui.Button(label="Old", custom_id=custom_id)))
        view.stop()
        with handle_message_parameters(view=view) as parameters:
            posted = await self.client.http.send_message(self.channel.id, params=parameters)
        message = self.world.message(int(posted["id"]))
        assert message is not None
        return message


class MadeUpPreferences:
    """Nobody has any."""

    async def of(self, _: int) -> Usual:
        return Usual()


def client_of(made_up: MadeUpIntake, documents: MadeUpDocuments | None = None) -> Easel:
    intake: Any = made_up  # in the place of services, of which cogs call a few methods
    catalogue: Any = MadeUpCatalogue()
    queries: Any = MadeUpQueries()
    preferences: Any = MadeUpPreferences()
    return Easel(
        Offered(
            (
                Imagine(intake, catalogue, preferences, queries),
                Models(catalogue, queries),
                Credits(queries),
                Buttons(CardClicks(intake).handlers, {}),
                Guilds(intake),
            )
        ),
        documents=documents or MadeUpDocuments(),
        clock=SystemClock(),
    )


@asynccontextmanager
async def connected(world: SandboxDiscord, client: Easel) -> AsyncIterator[None]:
    """`client` logged in and listening; stopped at the end."""
    stop = asyncio.Event()
    async with pointed_at(world):
        point_at(world.api_url, world.gateway_url)
        running = asyncio.create_task(run_client(client, world.token, stop))
        try:
            await eventually(lambda: running.done() or _hears(client), 10)
            assert not running.done(), running
            yield
        finally:
            stop.set()
            await running


def _hears(client: Easel) -> bool:
    """discord.py calls itself ready only when no server was told of for two seconds."""
    return client.logged_in.is_set() and not all(guild.unavailable for guild in client.guilds)
