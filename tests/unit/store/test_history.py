"""A member's own jobs: which, in what order, and at what cost."""

from __future__ import annotations

import re
import sqlite3

import pytest

from bot.domain.catalog import Medium
from bot.domain.history import MODEL_LIMIT, Wanted
from bot.domain.jobs import FailureCode, JobState
from bot.ports import Account, CardKind, CardState, Showing, Shown
from bot.store.store import Store
from bot.store.units import migrations, statements
from tests.support.builders import CHANNEL, GUILD, MEMBER, claimed, completed, offered, queued, request, running
from tests.support.fakes import HandClock

ALL = Wanted()
OTHER = MEMBER + 1
MANY = 100_000


async def prompts(store: Store, wanted: Wanted = ALL, skipped: int = 0, count: int = 10) -> list[str]:
    return [past.job.request.prompt for past in await store.history.page(MEMBER, wanted, skipped, count)]


async def ask(store: Store, mine: Account, clock: HandClock, prompt: str, **changes: object) -> None:
    clock.at += 1
    await offered(store, mine, clock.at, request=request(prompt, **changes), guild_id=GUILD + len(prompt))


async def test_own_jobs_of_all_places_newest_first(store: Store, mine: Account, clock: HandClock) -> None:
    for prompt in ("one", "two", "three"):
        await ask(store, mine, clock, prompt)
    await offered(store, mine, user_id=OTHER, request=request("of somebody else"))
    assert await prompts(store) == ["three", "two", "one"]
    assert await prompts(store, skipped=1, count=1) == ["two"]
    assert await prompts(store, skipped=3) == []


async def test_by_medium_and_by_model(store: Store, mine: Account, clock: HandClock) -> None:
    await ask(store, mine, clock, "a picture")
    await ask(store, mine, clock, "a video", medium=Medium.VIDEO, model_id="cinema-1")
    await ask(store, mine, clock, "of the default", model_id=None)
    assert await prompts(store, Wanted(Medium.VIDEO)) == ["a video"]
    assert await prompts(store, Wanted(Medium.IMAGE)) == ["of the default", "a picture"]
    assert await prompts(store, Wanted(model_id="swift-1")) == ["a picture"]
    assert await prompts(store, Wanted(Medium.IMAGE, "cinema-1")) == []
    assert await prompts(store, Wanted(model_id="cinema")) == []


async def test_a_model_with_a_long_name_is_found_by_its_beginning(
    store: Store, mine: Account, clock: HandClock
) -> None:
    await ask(store, mine, clock, "made by a long one", model_id="m" * 90)
    assert await prompts(store, Wanted(model_id="m" * MODEL_LIMIT)) == ["made by a long one"]
    assert await prompts(store, Wanted(model_id="m" * 90)) == ["made by a long one"]


async def test_models_used_the_latest_first(store: Store, mine: Account, clock: HandClock) -> None:
    for model_id in ("a", "b", None, "a", "c", "a"):
        await ask(store, mine, clock, "x", model_id=model_id)
    await offered(store, mine, user_id=OTHER, request=request(model_id="d"))
    assert await store.history.models(MEMBER, 10) == ["a", "c", "b"]
    assert await store.history.models(MEMBER, 2) == ["a", "c"]


async def test_what_is_under_way_begins_with_what_is_being_made(store: Store, mine: Account) -> None:
    over = await running(store, mine)
    await store.watching.finish(over.id, completed())
    made = await running(store, mine)
    leaving = await claimed(store, mine)
    first = await offered(store, mine)
    second, third = await queued(store, mine, guild_id=GUILD + 1), await queued(store, mine)
    await queued(store, mine, user_id=OTHER)
    await store.door.drop(first.id, FailureCode.CARD_NEVER_SHOWN)
    found = [past.job for past in await store.history.under_way(MEMBER)]
    assert [job.id for job in found] == [made.id, leaving.id, second.id, third.id]
    assert [job.state for job in found][:2] == [JobState.RUNNING, JobState.SUBMITTING]


# ---------------------------------------------------------------- where the card stands


async def link(store: Store) -> str | None:
    (past,) = await store.history.page(MEMBER, ALL, 0, 10)
    return past.url


async def test_a_card_in_a_channel_is_linked(store: Store, mine: Account) -> None:
    job = await offered(store, mine)
    assert await link(store) is None, "nobody knows where it stands yet"
    await store.door.confirm(job.id, 99)
    assert await link(store) == f"https://discord.com/channels/{GUILD}/{CHANNEL}/99"


async def test_a_card_in_direct_messages_is_linked_there(store: Store, mine: Account) -> None:
    job = await offered(store, mine, guild_id=None)
    await store.door.confirm(job.id, 99)
    assert await link(store) == f"https://discord.com/channels/@me/{CHANNEL}/99"


async def test_a_private_card_is_linked_only_once_it_went_to_the_direct_messages(store: Store, mine: Account) -> None:
    job = await offered(store, mine, card_kind=CardKind.PRIVATE, is_private=True)
    await store.door.confirm(job.id, 99)
    assert await link(store) is None
    await store.cards.shown(job.id, Showing(1, Shown(777, 100)))
    assert await link(store) == "https://discord.com/channels/@me/777/100"


async def test_a_deleted_card_is_not_linked(store: Store, mine: Account) -> None:
    job = await queued(store, mine)
    await store.cards.unwanted(job.id)
    assert await link(store) is None


async def test_what_could_not_be_shown_says_so(store: Store, mine: Account) -> None:
    job = await running(store, mine)
    await store.cards.undeliverable(job.id)
    (past,) = await store.history.page(MEMBER, ALL, 0, 10)
    assert past.is_undelivered
    found = await store.cards.read(job.id)
    assert found is not None
    assert found[1].state is CardState.UNDELIVERABLE


# ---------------------------------------------------------------- what it costs


@pytest.fixture(scope="module")
def crowded() -> sqlite3.Connection:
    """A hundred thousand jobs of one member among as many of others; one in a thousand is a video."""
    raw = sqlite3.connect(":memory:")
    for _, script in migrations():
        raw.executescript(script)
    raw.execute("INSERT INTO accounts VALUES (1, 'meigen', 'f', '{}', 0, NULL, 0, NULL)")
    raw.executemany(
        "INSERT INTO jobs (id, account_id, flow_id, channel_id, user_id, provider, medium, state, request, model_id,"
        " is_private, looks_left, created_at) VALUES (?, 1, 5, 50, ?, 'meigen', ?, ?, ?, ?, 0, 0, ?)",
        (
            (
                number,
                MEMBER + number % 2,
                "video" if number % 2000 == 0 else "image",
                "queued" if number % 20_000 == 0 else "succeeded",
                "{}" * 200,
                f"m-{number % 50}",
                float(number),
            )
            for number in range(2 * MANY)
        ),
    )
    return raw


def work(raw: sqlite3.Connection, name: str, **given: object) -> int:
    """How many thousands of steps SQLite takes for a statement."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    asked = {"user_id": MEMBER, "medium": "", "model_id": "", "model_limit": MODEL_LIMIT, "skipped": 0, "count": 6}
    text = statements()[name]
    used = {key: value for key, value in (asked | given).items() if f":{key}" in text}
    raw.set_progress_handler(count, 1000)
    raw.execute(text, used).fetchall()
    raw.set_progress_handler(None, 0)
    return steps[0]


def plan(raw: sqlite3.Connection, name: str) -> list[str]:
    text = statements()[name]
    return [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + text, dict.fromkeys(re.findall(r":(\w+)", text), 1))]


@pytest.mark.parametrize("name", ["past_jobs", "past_models", "count_past_jobs"])
def test_pages_are_read_off_the_index(crowded: sqlite3.Connection, name: str) -> None:
    steps = plan(crowded, name)
    assert steps[0].startswith("SEARCH jobs USING COVERING INDEX jobs_of_member (user_id=?"), steps
    if name == "past_jobs":
        assert len(steps) == 1, "and already in order"


def test_the_first_page_of_a_long_history_costs_nothing(crowded: sqlite3.Connection) -> None:
    assert work(crowded, "past_jobs") <= 1


def test_the_last_page_of_a_long_history_costs_a_walk_along_the_index(crowded: sqlite3.Connection) -> None:
    assert work(crowded, "past_jobs", skipped=MANY - 3) < 15 * MANY / 1000
    assert work(crowded, "past_jobs", model_id="never used") < 30 * MANY / 1000


def test_what_is_under_way_is_not_looked_for_in_the_history(crowded: sqlite3.Connection) -> None:
    assert work(crowded, "under_way") <= 1
    assert not [step for step in plan(crowded, "under_way") if "jobs_of_member" in step]


def test_what_is_to_be_forgotten_is_not_looked_for_in_the_history(crowded: sqlite3.Connection) -> None:
    assert work(crowded, "to_forget") <= 1
