"""The door: what is refused and why, what is stored, who may call back, which bells ring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest

from bot.domain.catalog import Medium, Model, Prices
from bot.domain.drafts import DraftView
from bot.domain.jobs import FailureCode, Job, JobState
from bot.domain.limits import House, Limits
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference
from bot.errors import Refused, Unavailable
from bot.ports import Accepted, Account, Card, CardKind, CardState
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.intake import Intake, Offer
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.store.store import Store, assemble
from bot.store.units import Unit
from tests.support.builders import (
    BEGAN_AT,
    CHANNEL,
    GUILD,
    MEMBER,
    account,
    claimed,
    completed,
    model,
    origin,
    queued,
    read,
    request,
    running,
)
from tests.support.fakes import AtOnce, FakeProvider, HandClock, RotSealer
from tests.support.keys import keyring_of

T = TypeVar("T")
P = ProblemCode
SLOW = model(
    id="slow-1", name="Slow One", is_default=False, max_references=0, prices=Prices(), prompt_max_characters=10
)
NO_DIRECT_MESSAGES = House(allow_direct_messages=False)
CINEMA = model(id="cinema-1", name="Cinema One", medium=Medium.VIDEO, is_default=False)


class Upstream(FakeProvider):
    """Tells models; none where it is down."""

    def __init__(self, clock: HandClock, *models: Model) -> None:
        super().__init__(clock)
        self._models = models

    async def models(self) -> tuple[Model, ...]:
        if not self._models:
            raise Unavailable("down")
        return self._models


class Fading(AtOnce):
    """A disk that fills up after so many transactions."""

    transactions_left = 10_000

    async def run(self, unit: Callable[[], Unit[T]]) -> T:
        self.transactions_left -= 1
        self.is_down = self.transactions_left < 0
        return await super().run(unit)


@dataclass(slots=True)
class Door:
    """Intake with all that is behind it."""

    intake: Intake
    store: Store
    driver: Fading
    signals: Signals
    account: Account
    clock: HandClock
    bells: dict[str, asyncio.Event]

    def rung(self) -> set[str]:
        """Bells since the last time, and quiet again."""
        found = {name for name, bell in self.bells.items() if bell.is_set()}
        for bell in self.bells.values():
            bell.clear()
        return found

    def jobs(self) -> list[str]:
        return [state for (state,) in self.driver.rows("SELECT state FROM jobs ORDER BY id")]

    async def card(self, job: Job) -> Card:
        found = await self.store.cards.read(job.id)
        assert found is not None
        return found[1]

    async def refusal(self, asked: GenerationRequest, **changes: Any) -> list[Problem]:
        """Why a request is refused; nothing was stored."""
        before = len(self.jobs())
        with pytest.raises(Refused) as refused:
            await self.intake.offer(asked, origin(**changes))
        assert len(self.jobs()) == before
        assert self.rung() == set()
        return [problem for problem in refused.value.problems if isinstance(problem, Problem)]

    async def ask(self, asked: GenerationRequest | None = None, **changes: Any) -> Offer:
        return await self.intake.offer(asked or request(), origin(**changes))

    async def asked(self, **changes: Any) -> Job:
        """A job in the line."""
        offer = await self.ask(**changes)
        await self.intake.confirm(offer.job.id, 99)
        self.rung()
        return await read(self.store, offer.job.id)


async def open_door(*models: Model, house: House = NO_DIRECT_MESSAGES, accounts: bool = True) -> Door:
    clock, driver, signals = HandClock(), Fading(), Signals()
    store = await assemble(driver, clock, RotSealer(), "me", house)
    mine = account(await store.accounts.enter("meigen", "f"))
    catalogue = Catalogue([Upstream(clock, *models)], store.asking, clock)
    await catalogue.refresh()
    keyring = keyring_of(store.keys, *([mine] if accounts else []), clock=clock)
    views = CardViews(store.asking, store.guilds, catalogue, keyring.accounts, clock)
    drafting = Drafting(store.drafts, store.asking, store.guilds, catalogue, keyring)
    intake = Intake(store.door, store.asking, catalogue, views, store.guilds, keyring, signals, house, drafting)
    names = ("doubts", "queued", "running", "cards")
    bells = {name: getattr(signals, name).listen() for name in names}
    return Door(intake, store, driver, signals, mine, clock, bells)


@pytest.fixture
async def door() -> Door:
    return await open_door(model(), SLOW, CINEMA)


def codes(problems: list[Problem]) -> list[ProblemCode]:
    return [problem.code for problem in problems]


def only(refused: pytest.ExceptionInfo[Refused]) -> Problem:
    (problem,) = refused.value.problems
    assert isinstance(problem, Problem)
    return problem


# ---- what is taken


async def test_a_request_is_priced_stored_and_shown(door: Door) -> None:
    where = origin(is_moderator=True)
    offer = await door.intake.offer(request("two cats", model_id="Swift One"), where)
    job = offer.job
    assert await read(door.store, job.id) == job
    assert (job.state, job.model_id, job.reserved_credits) == (JobState.OFFERED, "swift-1", 5)
    assert (job.guild_id, job.channel_id, job.user_id) == (GUILD, CHANNEL, MEMBER)
    assert offer.view.job == job
    assert offer.view.model is not None
    assert offer.view.model.name == "Swift One"
    assert offer.view.waiting is not None
    assert offer.view.waiting.position == 1
    assert offer.view.pace is not None
    assert offer.view.pace.half_seconds == 20.0
    card = await door.card(job)
    assert (card.token, card.token_expires_at) == (where.token, where.token_expires_at)
    assert door.rung() == {"doubts"}, "nobody knows yet whether its answer will arrive"


async def test_without_a_model_the_upstreams_default_is_taken(door: Door) -> None:
    offer = await door.ask(request(model_id=None))
    assert (offer.job.request.model_id, offer.job.reserved_credits) == ("swift-1", 5)


async def test_videos_without_a_default_take_the_first_model(door: Door) -> None:
    """The upstream's own default, were the model left out, makes pictures."""
    offer = await door.ask(request(model_id=None, medium=Medium.VIDEO))
    assert offer.job.request.model_id == CINEMA.id


async def test_before_the_catalogue_is_known_a_request_without_a_model_is_taken() -> None:
    door = await open_door()
    offer = await door.ask(request(model_id=None))
    assert (offer.job.model_id, offer.job.reserved_credits) == (None, None)


async def test_a_price_that_is_not_known_is_none(door: Door) -> None:
    assert (await door.ask(request("a cat", model_id="slow-1"))).job.reserved_credits is None


async def test_a_private_request_is_kept_private(door: Door) -> None:
    assert (await door.ask(card_kind=CardKind.PRIVATE)).job.is_private
    assert not (await door.ask(card_kind=CardKind.USER_INSTALLED)).job.is_private


async def test_direct_messages_where_they_are_let_in() -> None:
    door = await open_door(model(), house=House(allow_direct_messages=True))
    assert (await door.ask(guild_id=None)).job.guild_id is None


@pytest.mark.parametrize("kind", [CardKind.PRIVATE, CardKind.USER_INSTALLED])
async def test_what_only_the_member_sees_needs_no_permission(door: Door, kind: CardKind) -> None:
    await door.ask(card_kind=kind, missing_permissions=("attach_files",))


# ---- what is refused


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (request(""), [P.PROMPT_EMPTY]),
        (request(" \n"), [P.PROMPT_EMPTY]),
        (request("x" * 2001), [P.PROMPT_TOO_LONG]),
        (request("x" * 11, model_id="slow-1"), [P.PROMPT_TOO_LONG]),
        (request(aspect_ratio="5:4"), [P.RATIO_UNSUPPORTED]),
        (request(resolution="8K"), [P.RESOLUTION_UNSUPPORTED]),
        (request(quality="high"), [P.QUALITY_UNSUPPORTED]),
        (request(model_id="cinema-1"), [P.MODEL_WRONG_MEDIUM]),
        (request(references=(Reference("https://a.test/1.png"),) * 3), [P.TOO_MANY_REFERENCES]),
        (request(references=(Reference("http://a.test/1.png"),)), [P.REFERENCE_NOT_PUBLIC]),
        (
            request("", aspect_ratio="5:4", resolution="8K"),
            [P.PROMPT_EMPTY, P.RATIO_UNSUPPORTED, P.RESOLUTION_UNSUPPORTED],
        ),
    ],
)
async def test_what_the_model_cannot_do(door: Door, asked: GenerationRequest, found: list[ProblemCode]) -> None:
    assert codes(await door.refusal(asked)) == found


async def test_a_model_that_is_not_there_and_those_that_are(door: Door) -> None:
    (problem,) = await door.refusal(request(model_id="nope"))
    assert (problem.code, problem.given) == (P.MODEL_UNKNOWN, "nope")
    assert problem.allowed == ("Swift One", "Slow One")


async def test_a_model_before_the_catalogue_is_known() -> None:
    door = await open_door()
    assert codes(await door.refusal(request())) == [P.CATALOGUE_UNKNOWN]


async def test_a_default_model_has_its_limits_too(door: Door) -> None:
    assert codes(await door.refusal(request(model_id=None, aspect_ratio="5:4"))) == [P.RATIO_UNSUPPORTED]


async def test_direct_messages_where_they_are_not_let_in(door: Door) -> None:
    assert codes(await door.refusal(request(), guild_id=None)) == [P.DIRECT_MESSAGES_OFF]


async def test_a_channel_that_the_bot_cannot_write_to(door: Door) -> None:
    (problem,) = await door.refusal(request(), missing_permissions=("send_messages", "attach_files"))
    assert (problem.code, problem.allowed) == (P.CHANNEL_NOT_WRITABLE, ("send_messages", "attach_files"))


async def test_an_upstream_without_a_key() -> None:
    door = await open_door(model(), accounts=False)
    assert codes(await door.refusal(request())) == [P.NO_ACCOUNT]
    assert codes(await door.refusal(request(model_id=None))) == [P.NO_ACCOUNT]


async def test_a_model_of_an_upstream_without_a_key(door: Door) -> None:
    other = await open_door(model(), model(id="mesh", name="Mesh", provider="meshy"))
    assert codes(await other.refusal(request(model_id="mesh"))) == [P.NO_ACCOUNT]


async def test_all_reasons_are_told_at_once(door: Door) -> None:
    problems = await door.refusal(request("", model_id="nope"), missing_permissions=("attach_files",))
    assert codes(problems) == [P.MODEL_UNKNOWN, P.CHANNEL_NOT_WRITABLE, P.PROMPT_EMPTY]


async def test_a_full_line() -> None:
    door = await open_door(model(), house=House(Limits(queued_per_member=1)))
    await door.asked()
    (problem,) = await door.refusal(request())
    assert (problem.code, problem.limit) == (P.QUEUE_FULL_MEMBER, 1)


async def test_a_store_that_fails(door: Door) -> None:
    door.driver.transactions_left = 0
    assert codes(await door.refusal(request())) == [P.STORE_FAILING]


async def test_what_was_stored_is_offered_though_the_store_fails_right_after_it(door: Door) -> None:
    """Were it refused, the refusal would stand as the answer, and the doorkeeper would take it for the card."""
    door.driver.transactions_left = 3  # the limits, the verdict, the job
    offer = await door.ask()
    assert door.jobs() == [JobState.OFFERED]
    assert offer.view.pace is not None
    assert offer.view.pace.half_seconds == 20.0, "as the catalogue tells"


# ---- the answer


async def test_an_answer_that_arrived_puts_the_job_in_the_line(door: Door) -> None:
    offer = await door.ask()
    door.rung()
    await door.intake.confirm(offer.job.id, 99)
    assert door.jobs() == [JobState.QUEUED]
    assert (await door.card(offer.job)).message_id == 99
    assert door.rung() == {"queued", "cards"}


async def test_an_answer_that_cannot_be_stored_is_left_to_the_doorkeeper(door: Door) -> None:
    offer = await door.ask()
    door.rung()
    door.driver.transactions_left = 0
    await door.intake.confirm(offer.job.id, 99)
    assert door.jobs() == [JobState.OFFERED]
    assert door.rung() == {"doubts"}


async def test_an_answer_that_never_arrived_costs_nothing(door: Door) -> None:
    offer = await door.ask()
    await door.intake.withdraw(offer.job.id)
    dropped = await read(door.store, offer.job.id)
    assert dropped.failure is not None
    assert (dropped.state, dropped.failure.code) == (JobState.CANCELLED, FailureCode.CARD_NEVER_SHOWN)


async def test_a_withdrawal_that_cannot_be_stored_is_left_to_the_doorkeeper(door: Door) -> None:
    offer = await door.ask()
    door.rung()
    door.driver.transactions_left = 0
    await door.intake.withdraw(offer.job.id)
    assert door.rung() == {"doubts"}


async def test_a_doubt_is_rung(door: Door) -> None:
    door.intake.doubt(1)
    assert door.rung() == {"doubts"}


# ---- clicks


async def test_a_click_proves_the_card_and_brings_a_token(door: Door) -> None:
    offer = await door.ask()
    door.rung()
    click = origin(token="fresh", token_expires_at=BEGAN_AT + 5000)
    job = await door.intake.clicked(offer.job.id, click)
    assert job.state is JobState.QUEUED
    card = await door.card(job)
    assert (card.token, card.token_expires_at) == ("fresh", BEGAN_AT + 5000)
    assert door.rung() == {"queued", "cards"}


async def test_a_click_on_a_card_that_says_something_old_has_it_drawn(door: Door) -> None:
    job = await running(door.store, door.account)
    await door.store.watching.finish(job.id, completed())
    await door.store.cards.undeliverable(job.id)
    clicked = await door.intake.clicked(job.id, origin())
    assert clicked.state is JobState.SUCCEEDED
    assert [job_id for job_id, _ in await door.store.cards.behind()] == [job.id]
    assert "cards" in door.rung()


async def test_a_click_on_what_is_not_there(door: Door) -> None:
    with pytest.raises(Refused) as refused:
        await door.intake.clicked(404, origin())
    assert only(refused).code is P.JOB_UNKNOWN


@pytest.mark.parametrize("transactions", [0, 1, 2])
async def test_a_click_while_the_store_fails(door: Door, transactions: int) -> None:
    job = await door.asked()
    door.driver.transactions_left = transactions
    with pytest.raises(Refused) as refused:
        await door.intake.clicked(job.id, origin())
    assert only(refused).code is P.STORE_FAILING


# ---- again


async def test_again_is_the_same_request_of_whoever_pressed(door: Door) -> None:
    parent = await door.asked()
    offer = await door.intake.again(parent.id, origin(user_id=8, channel_id=51))
    assert isinstance(offer, Offer)
    assert offer.job.request == parent.request
    assert (offer.job.parent_id, offer.job.user_id, offer.job.channel_id) == (parent.id, 8, 51)
    assert offer.job.id != parent.id


async def test_again_pressed_twice_makes_one_job_until_its_card_stands(door: Door) -> None:
    parent = await door.asked()
    first = await door.intake.again(parent.id, origin())
    assert isinstance(first, Offer)
    with pytest.raises(Refused) as refused:
        await door.intake.again(parent.id, origin())
    assert only(refused).code is P.ALREADY_PRESSED
    await door.intake.again(parent.id, origin(user_id=8))
    await door.intake.confirm(first.job.id, 100)
    door.clock.at += 2.1
    await door.intake.again(parent.id, origin())


async def test_again_is_checked_against_the_catalogue_of_today(door: Door) -> None:
    parent = await door.asked()
    gone = await open_door(SLOW)
    gone.driver.raw.deserialize(door.driver.raw.serialize())
    with pytest.raises(Refused) as refused:
        await gone.intake.again(parent.id, origin())
    assert only(refused).code is P.MODEL_UNKNOWN


async def test_again_of_what_is_not_there(door: Door) -> None:
    with pytest.raises(Refused) as refused:
        await door.intake.again(404, origin())
    assert only(refused).code is P.JOB_UNKNOWN


async def test_again_while_the_store_fails(door: Door) -> None:
    parent = await door.asked()
    for transactions in (0, 1):
        door.driver.transactions_left = transactions
        with pytest.raises(Refused) as refused:
            await door.intake.again(parent.id, origin())
        assert only(refused).code is P.STORE_FAILING


# ---- cancel


async def test_a_member_calls_a_job_back(door: Door) -> None:
    job = await door.asked()
    cancelled = await door.intake.cancel(job.id, origin())
    assert cancelled.state is JobState.CANCELLED
    assert door.rung() == {"queued", "cards", "running"}


async def test_a_moderator_may_call_back_what_is_not_theirs(door: Door) -> None:
    job = await door.asked()
    assert (await door.intake.cancel(job.id, origin(user_id=8, is_moderator=True))).state is JobState.CANCELLED


async def test_anybody_else_may_not(door: Door) -> None:
    job = await door.asked()
    with pytest.raises(Refused) as refused:
        await door.intake.cancel(job.id, origin(user_id=8))
    assert only(refused).code is P.NOT_YOURS
    assert await read(door.store, job.id) == job
    assert door.rung() == set()


async def test_what_is_under_way_is_marked(door: Door) -> None:
    job = await claimed(door.store, door.account)
    marked = await door.intake.cancel(job.id, origin())
    assert (marked.state, marked.cancel_asked_at) == (JobState.SUBMITTING, BEGAN_AT)


async def test_what_is_over_stays_as_it_is(door: Door) -> None:
    job = await claimed(door.store, door.account)
    await door.store.submissions.record(door.account, job.id, Accepted("g"))
    ended = await door.store.watching.finish(job.id, completed())
    assert await door.intake.cancel(job.id, origin()) == ended


async def test_what_is_not_there_cannot_be_called_back(door: Door) -> None:
    with pytest.raises(Refused) as refused:
        await door.intake.cancel(404, origin())
    assert only(refused).code is P.JOB_UNKNOWN


async def test_a_cancel_while_the_store_fails(door: Door) -> None:
    job = await door.asked()
    for transactions in (0, 1):
        door.driver.transactions_left = transactions
        with pytest.raises(Refused) as refused:
            await door.intake.cancel(job.id, origin())
        assert only(refused).code is P.STORE_FAILING
    assert door.jobs() == [JobState.QUEUED]


# ---- guilds


async def test_what_waits_in_a_guild_that_was_left_is_not_made(door: Door) -> None:
    under_way = await running(door.store, door.account, guild_id=9)
    waiting, elsewhere = await door.asked(), await door.asked(guild_id=6)
    await door.intake.left_guild(GUILD)
    await door.intake.left_guild(9)
    left = await read(door.store, waiting.id)
    assert left.failure is not None
    assert (left.state, left.failure.code) == (JobState.CANCELLED, FailureCode.GUILD_LEFT)
    assert await read(door.store, elsewhere.id) == elsewhere
    assert await read(door.store, under_way.id) == under_way
    assert door.rung() == {"queued", "cards"}


async def test_a_guild_that_was_left_while_nobody_looked(door: Door) -> None:
    await door.asked()
    await door.asked(guild_id=6)
    await door.ask(guild_id=7)
    await door.intake.joined_guilds([6])
    assert door.jobs() == [JobState.CANCELLED, JobState.QUEUED, JobState.CANCELLED]


async def test_direct_messages_are_no_guild(door: Door) -> None:
    job = await queued(door.store, door.account, guild_id=None)
    await door.intake.joined_guilds([])
    assert await read(door.store, job.id) == job


@pytest.mark.parametrize("transactions", [0, 1])
async def test_a_guild_that_was_left_while_the_store_fails_breaks_nothing(door: Door, transactions: int) -> None:
    job = await door.asked()
    door.driver.transactions_left = transactions
    await door.intake.joined_guilds([])
    door.driver.transactions_left = 1000
    assert await read(door.store, job.id) == job


async def test_an_origin_keeps_its_token_to_itself() -> None:
    assert "secret" not in repr(replace(origin(), token="secret"))


# ---- what is dear


DEAR = model(id="dear-1", name="Dear One", is_default=False, prices=Prices(per_generation=101))


@pytest.mark.parametrize(
    ("above", "asked", "is_asked"),
    [
        (100, request(model_id="dear-1"), True),
        (101, request(model_id="dear-1"), False),
        (100, request(), False),
        (0, request(), True),
        (0, request("a cat", model_id="slow-1"), True),
        (100, request("a cat", model_id="slow-1"), False),
    ],
)
async def test_above_the_threshold_a_panel_comes_first(above: int, asked: GenerationRequest, *, is_asked: bool) -> None:
    door = await open_door(model(), SLOW, DEAR, house=House(Limits(confirm_above_credits=above)))
    outcome = await door.intake.ask(asked, origin(), parent_id=77)
    assert isinstance(outcome, DraftView) is is_asked
    assert len(door.jobs()) == (0 if is_asked else 1)
    if isinstance(outcome, DraftView):
        assert (outcome.draft.request, outcome.draft.parent_id) == (asked, 77)


async def test_the_panel_names_the_model_that_the_upstream_would_choose() -> None:
    """Else it could be another one by the time that it is confirmed."""
    door = await open_door(replace(DEAR, is_default=True))
    outcome = await door.intake.ask(request(model_id=None), origin())
    assert isinstance(outcome, DraftView)
    assert outcome.draft.request.model_id == "dear-1"


async def test_what_is_dear_and_wrong_is_refused_before_any_panel() -> None:
    dear = await open_door(model(), house=House(Limits(confirm_above_credits=0)))
    with pytest.raises(Refused) as refused:
        await dear.intake.ask(request(""), origin())
    assert only(refused).code is P.PROMPT_EMPTY
    assert dear.driver.rows("SELECT * FROM drafts") == []


async def test_what_was_mistyped_is_refused_with_all_else(door: Door) -> None:
    typing = (Problem(P.FLAG_UNKNOWN, "--nonsense"),)
    with pytest.raises(Refused) as refused:
        await door.intake.ask(request("", aspect_ratio="5:4"), origin(), typing=typing)
    assert codes([each for each in refused.value.problems if isinstance(each, Problem)]) == [
        P.FLAG_UNKNOWN,
        P.PROMPT_EMPTY,
        P.RATIO_UNSUPPORTED,
    ]


async def test_again_of_what_is_dear_asks_and_a_confirmed_one_does_not() -> None:
    door = await open_door(DEAR)
    parent = await door.asked(asked=request(model_id="dear-1"))
    assert isinstance(await door.intake.again(parent.id, origin()), DraftView)
    assert isinstance(await door.intake.again(parent.id, origin(), is_confirmed=True), Offer)


# ---- whose it is


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ({}, True),
        ({"user_id": 8}, False),
        ({"user_id": 8, "is_moderator": True}, True),
        ({"user_id": 8, "is_moderator": True, "guild_id": 6}, False),
        ({"user_id": 8, "is_moderator": True, "guild_id": None}, False),
    ],
)
async def test_its_member_and_the_moderators_of_its_server_decide(
    door: Door,
    who: dict[str, Any],
    may: bool,  # noqa: FBT001  a parameter
) -> None:
    job = await door.asked()
    if may:
        assert await door.intake.own(job.id, origin(**who)) == job
        return
    with pytest.raises(Refused) as refused:
        await door.intake.own(job.id, origin(**who))
    assert only(refused).code is P.NOT_YOURS


async def test_what_was_deleted_is_shown_no_more_and_what_waits_is_not_made(door: Door) -> None:
    job = await door.asked()
    await door.intake.deleted(job.id, 99)
    assert (await door.card(job)).state is CardState.UNWANTED
    assert door.jobs() == [JobState.CANCELLED]
    assert "queued" in door.rung()


async def test_another_message_that_shows_it_is_not_its_card(door: Door) -> None:
    job = await door.asked()
    await door.intake.deleted(job.id, 98)
    assert (await door.card(job)).state is CardState.LIVE


async def test_a_deletion_that_cannot_be_stored_is_found_out_later(door: Door) -> None:
    job = await door.asked()
    door.driver.transactions_left = 0
    await door.intake.deleted(job.id, 99)
    assert door.jobs() == [JobState.QUEUED]


async def test_what_was_forgotten_is_known_no_more_but_can_be_deleted(door: Door) -> None:
    job = await running(door.store, door.account)
    await door.store.watching.finish(job.id, completed())
    await door.store.forgetting.forget(MEMBER)
    with pytest.raises(Refused) as refused:
        await door.intake.known(job.id)
    assert only(refused).code is P.JOB_UNKNOWN
    assert (await door.intake.own(job.id, origin())).id == job.id
