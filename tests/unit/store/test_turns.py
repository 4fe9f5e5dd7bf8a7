"""The line as counted at each move: the counts are true, and nobody pays for the length of the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.jobs import Failure, FailureCode, Job
from bot.errors import KeyRejected, NotSent, OutcomeUnknown, Rejected, SubmissionError
from bot.ports import Accepted, Account, Claim, NewGuildKey
from bot.store.store import Store, assemble
from tests.support.builders import ENDLESS, WIDE, account, offered, queued
from tests.support.fakes import AtOnce, HandClock, RotSealer
from tests.unit.store.test_moves import now

OUTCOMES: tuple[Accepted | SubmissionError, ...] = (
    Accepted("g"),
    NotSent(),
    KeyRejected(),
    Rejected(),
    OutcomeUnknown(),
)
COUNTED = "SELECT account_id, flow_id, queued FROM guild_turns WHERE queued <> 0 ORDER BY 1, 2"
RECOUNTED = "SELECT account_id, flow_id, COUNT(*) FROM jobs WHERE state = 'queued' GROUP BY 1, 2 ORDER BY 1, 2"
COUNTED_BY_MEMBER = "SELECT account_id, flow_id, user_id, queued FROM user_turns WHERE queued <> 0 ORDER BY 1, 2, 3"
RECOUNTED_BY_MEMBER = (
    "SELECT account_id, flow_id, user_id, COUNT(*) FROM jobs WHERE state = 'queued' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


class Lives:
    """Processes one after another on one database; every method is something that may happen."""

    def __init__(self) -> None:
        self.driver, self.clock = AtOnce(), HandClock()
        self.keys, self.start, self.jobs = 1, 0, list[int]()
        self.own: Account | None = None
        self.begin()

    def begin(self) -> None:
        self.start += 1
        self.store = now(assemble(self.driver, self.clock, RotSealer(), f"start {self.start}", ENDLESS))
        self.mine = account(now(self.store.accounts.enter("meigen", f"key {self.keys}")), WIDE)
        now(self.store.submissions.recover((self.mine,)))
        now(self.store.keys.bring_home("meigen", self.mine.id))

    def bring_key(self, dice: int) -> None:
        new = NewGuildKey(dice % 2 + 1, "meigen", "own", f"own {dice % 3}", "1234", 1)
        key, _ = now(self.store.keys.enter(new, WIDE, self.mine.id))
        self.own = account(key.account_id, WIDE)

    def take_key_back(self, dice: int) -> None:
        now(self.store.keys.remove(dice % 2 + 1, 99, "meigen", self.mine.id))

    def change_key(self, _: int) -> None:
        self.keys += 1
        self.begin()

    def die(self, _: int) -> None:
        self.begin()

    def offer(self, dice: int) -> None:
        job = now(offered(self.store, self.mine, guild_id=dice % 3 or None, user_id=dice % 2 + 1))
        self.jobs.append(job.id)

    def join(self, dice: int) -> None:
        job = now(queued(self.store, self.mine, guild_id=dice % 3 or None, user_id=dice % 2 + 1))
        self.jobs.append(job.id)

    def confirm(self, dice: int) -> None:
        self._with_any(dice, lambda job_id: now(self.store.door.confirm(job_id, 1)))

    def call_back(self, dice: int) -> None:
        self._with_any(dice, lambda job_id: now(self.store.door.ask_cancel(job_id)))

    def drop(self, dice: int) -> None:
        self._with_any(dice, lambda job_id: now(self.store.door.drop(job_id, FailureCode.CARD_NEVER_SHOWN)))

    def delete_card(self, dice: int) -> None:
        self._with_any(dice, lambda job_id: now(self.store.cards.unwanted(job_id)))

    def fail(self, dice: int) -> None:
        failure = Failure(FailureCode.REFERENCE_GONE)
        self._with_any(dice, lambda job_id: now(self.store.submissions.fail_waiting(job_id, failure)))

    def answer(self, dice: int) -> None:
        outcome = OUTCOMES[dice % len(OUTCOMES)]
        self._with_any(dice, lambda job_id: now(self.store.submissions.record(self.mine, job_id, outcome)))

    def leave_guild(self, dice: int) -> None:
        now(self.store.door.clear_guild(dice % 2 + 1, FailureCode.GUILD_LEFT))

    def forget(self, dice: int) -> None:
        now(self.store.forgetting.forget(dice % 2 + 1))

    def claim(self, _: int) -> None:
        self.clock.at += 700.0
        now(self.store.submissions.claim(self.mine, 0.0))

    def serve(self, dice: int) -> None:
        """Claim, and hear of that very job."""
        self._serve(self.mine, dice)

    def serve_own(self, dice: int) -> None:
        """The same with a key that a guild brought."""
        if self.own is not None:
            self._serve(self.own, dice)

    def _serve(self, of: Account, dice: int) -> None:
        self.clock.at += 700.0
        found = now(self.store.submissions.claim(of, 0.0))
        if isinstance(found, Claim):
            now(self.store.submissions.record(of, found.job.id, OUTCOMES[dice % len(OUTCOMES)]))

    def _with_any(self, dice: int, act: Callable[[int], object]) -> None:
        if self.jobs:
            act(self.jobs[dice % len(self.jobs)])


MOVES = ("join", "join", "offer", "confirm", "claim", "serve", "answer", "call_back", "drop", "delete_card", "fail")
RARE = ("leave_guild", "forget", "die", "change_key", "bring_key", "take_key_back", "serve_own")


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(steps=st.lists(st.tuples(st.sampled_from(MOVES * 2 + RARE), st.integers(0, 11)), min_size=12, max_size=40))
def test_the_line_is_as_long_as_it_was_counted(steps: list[tuple[str, int]]) -> None:
    lives = Lives()
    for name, dice in steps:
        getattr(lives, name)(dice)
        assert lives.driver.rows(COUNTED) == lives.driver.rows(RECOUNTED)
        assert lives.driver.rows(COUNTED_BY_MEMBER) == lives.driver.rows(RECOUNTED_BY_MEMBER)
    lives.driver.raw.close()


# ---- what it costs


def line_of(jobs_of_each: int) -> tuple[AtOnce, Store, Account]:
    """Nine members in three guilds, so many jobs each."""
    driver = AtOnce()
    store = now(assemble(driver, HandClock(), RotSealer(), "me", ENDLESS))
    mine = account(now(store.accounts.enter("meigen", "f")), WIDE)
    for number in range(9 * jobs_of_each):
        now(queued(store, mine, guild_id=number % 3 + 1, user_id=number % 9 + 1))
    return driver, store, mine


def steps_of(driver: AtOnce, act: Callable[[], object]) -> int:
    """How many instructions SQLite needs for it."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    driver.raw.set_progress_handler(count, 1)
    act()
    driver.raw.set_progress_handler(None, 0)
    return steps


ACTS: Mapping[str, Callable[[Store, Account, Job], object]] = {
    "claim": lambda store, mine, _: now(store.submissions.claim(mine, 0.0)),
    "join": lambda store, mine, _: now(queued(store, mine, guild_id=2, user_id=98)),
    "place": lambda store, mine, newcomer: now(store.asking.waiting(newcomer, mine.limit)),
}


@pytest.mark.parametrize("what", ACTS)
def test_a_long_line_costs_no_more_than_a_short_one(what: str) -> None:
    costs = []
    for jobs_of_each in (2, 60):
        driver, store, mine = line_of(jobs_of_each)
        newcomer = now(queued(store, mine, guild_id=1, user_id=99))
        costs.append(steps_of(driver, partial(ACTS[what], store, mine, newcomer)))
        driver.raw.close()
    short, long = costs
    assert long <= 1.1 * short + 20
