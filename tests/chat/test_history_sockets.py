"""Afterwards, over real sockets, while what is behind it fails: a promise never stands open, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.chat.client import Easel, Offered
from bot.clock import SystemClock
from bot.domain.history import Forgotten, HistoryPage, QueuePage, Wanted
from bot.domain.jobs import Job, JobState
from bot.domain.problems import Problem, ProblemCode
from bot.domain.views import CardView
from bot.errors import Refused, StoreDown
from cogs.buttons import Buttons
from cogs.history import History
from cogs.members import Members
from cogs.queue import Queue
from sandbox.discord import Channel, Member, Message, Outcome, SandboxDiscord, SentInteraction
from tests.chat.world import MadeUpCatalogue, MadeUpDocuments, MadeUpIntake, Scene, connected
from tests.support.discord_bot import eventually
from tests.unit.ui.make import job, view

FAILING = "I cannot write anything down right now"


@dataclass
class Behind:
    """In the place of all services: always tells the same, or raises `error`."""

    error: Exception | None = None
    forgotten: list[int] = field(default_factory=list)
    """Members, by their id."""

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    def wanted(self, _: str | None, __: str | None) -> Wanted:
        return Wanted()

    async def page(self, user_id: int, wanted: Wanted, number: int) -> HistoryPage:
        self._fail()
        return HistoryPage(user_id, wanted, None, (), number, has_next=True)

    async def queue(self, user_id: int, number: int) -> QueuePage:
        self._fail()
        return QueuePage(user_id, (), number, has_next=False, waiting=0, working=0)

    async def count(self, _: int) -> int:
        self._fail()
        return 3

    async def all(self, job: Job, _: int, __: object) -> CardView:
        self._fail()
        return view(job)

    async def forget(self, user_id: int) -> Forgotten:
        self._fail()
        self.forgotten.append(user_id)
        return Forgotten(3, 0)


@dataclass(frozen=True)
class Afterwards:
    world: SandboxDiscord
    behind: Behind
    intake: MadeUpIntake
    scene: Scene
    channel: Channel
    mia: Member

    async def slash(self, command: str) -> SentInteraction:
        return await self.mia.slash(self.channel, command)

    def mia_sees(self, message: Message) -> str:
        now = self.world.message(message)
        return "" if now is None else now.text

    async def brought(self, sent: SentInteraction) -> Message:
        assert sent.outcome is Outcome.DEFERRED
        return await eventually(lambda: sent.message if sent.message and not sent.message.loading else None)


@pytest.fixture
async def afterwards(world: SandboxDiscord) -> AsyncIterator[Afterwards]:
    behind, intake = Behind(), MadeUpIntake()
    services: Any = behind  # in the place of services, of which cogs call a few methods
    made_up: Any = intake
    catalogue: Any = MadeUpCatalogue()
    history, queue = History(services, made_up, services), Queue(services, made_up)
    members = Members(services, services, services, catalogue)
    handlers = {**history.handlers, **queue.handlers, **members.handlers}
    cogs = (history, queue, members, Buttons(handlers, {}))
    client = Easel(Offered(cogs), documents=MadeUpDocuments(), clock=SystemClock())
    guild = world.guild("Here")
    channel, mia = guild.channel("gallery"), guild.add_member("mia")
    async with connected(world, client):
        yield Afterwards(world, behind, intake, Scene(world, client, intake, guild, channel, mia), channel, mia)


@pytest.mark.parametrize("command", ["queue", "forget"])
async def test_a_store_that_fails_is_said_kindly(afterwards: Afterwards, command: str) -> None:
    afterwards.behind.error = StoreDown("disk")
    sent = await afterwards.slash(command)
    assert sent.message is not None
    assert sent.message.ephemeral
    assert FAILING in sent.message.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreDown("disk"), FAILING),
        (ValueError("boom"), "Something went wrong on my side"),
        (Refused((Problem(ProblemCode.RESULT_GONE),)), "not there any more"),
    ],
)
async def test_a_promise_ends_in_a_sentence_whatever_happens(
    afterwards: Afterwards, error: Exception, said: str
) -> None:
    afterwards.behind.error = error
    page = await afterwards.brought(await afterwards.slash("history"))
    assert page.ephemeral
    assert said in page.text
    afterwards.intake.jobs[7] = job(JobState.SUCCEEDED, id=7, user_id=afterwards.mia.id)
    old = await afterwards.scene.post_button("easel:show:7")
    assert said in (await afterwards.brought(await afterwards.mia.click(old, "Old"))).text
    afterwards.behind.error = None
    assert "a cat" in (await afterwards.brought(await afterwards.mia.click(old, "Old"))).text, "it can be tried again"


async def test_what_is_under_way_again_is_not_shown_as_a_copy(afterwards: Afterwards) -> None:
    afterwards.intake.jobs[7] = job(JobState.RUNNING, id=7, user_id=afterwards.mia.id)
    old = await afterwards.scene.post_button("easel:show:7")
    sent = await afterwards.mia.click(old, "Old")
    assert sent.message is not None
    assert "`/queue` shows it" in sent.message.text


async def test_forgetting_that_fails_says_so_and_can_be_tried_again(afterwards: Afterwards) -> None:
    question = (await afterwards.slash("forget")).message
    assert question is not None
    old = await afterwards.scene.post_button(f"easel:forget:{afterwards.mia.id}:1")
    afterwards.behind.error = StoreDown("disk")
    await afterwards.mia.click(question, "Forget it all")
    await eventually(lambda: FAILING in afterwards.mia_sees(question))
    assert not afterwards.behind.forgotten
    afterwards.behind.error = None
    await afterwards.mia.click(old, "Old")
    await eventually(lambda: "3 requests are forgotten" in afterwards.mia_sees(old))
    assert afterwards.behind.forgotten == [afterwards.mia.id]


@pytest.mark.parametrize("page", ["history:{}:0:/", "queue:{}:0", "queue:{}:0:12345", "forget:{}:1", "forget:{}:0"])
async def test_the_pages_of_others_are_left_alone(afterwards: Afterwards, page: str) -> None:
    ben = afterwards.scene.guild.add_member("ben")
    old = await afterwards.scene.post_button("easel:" + page.format(afterwards.mia.id))
    sent = await ben.click(old, "Old")
    assert sent.message is not None
    assert sent.message.ephemeral
    assert "Only who asked for this" in sent.message.text
    assert not afterwards.behind.forgotten


@pytest.mark.parametrize("note", ["", ":not-a-number", ":999999999999999999"])
async def test_a_queue_button_with_an_odd_note_harms_nothing(afterwards: Afterwards, note: str) -> None:
    old = await afterwards.scene.post_button(f"easel:queue:{afterwards.mia.id}:0{note}")
    sent = await afterwards.mia.click(old, "Old")
    assert sent.outcome in (Outcome.UPDATE, Outcome.MESSAGE)
    assert not [click for click in afterwards.intake.clicks if click[0] == "cancel"]
