"""Random lives of jobs against a plain model: states stay legal, credits add up, nothing is sent twice."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.jobs import FINAL_STATES, LEGAL_MOVES, Failure, FailureCode, Job, JobState
from bot.domain.views import Usage
from bot.errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    Rejected,
    SubmissionError,
)
from bot.ports import Accepted, Account, Claim, Generation, GenerationState, Idle
from bot.store.ledger import end_job, note_move, read_job
from bot.store.store import Store, assemble
from bot.store.units import Unit
from tests.support.builders import BEGAN_AT, ENDLESS, GUILD, PROCESSING, WIDE, account, completed, new_job
from tests.support.fakes import AtOnce, HandClock, RotSealer

T = TypeVar("T")
S = JobState
WAITING = (S.OFFERED, S.QUEUED)
ENDED = Generation(GenerationState.FAILED, failure=Failure(FailureCode.GENERATION_FAILED))
NEXT_STATE = {
    Accepted: S.RUNNING,
    NotSent: S.QUEUED,
    RateLimited: S.QUEUED,
    KeyRejected: S.QUEUED,
    OutOfCredits: S.FAILED,
    Rejected: S.FAILED,
    OutcomeUnknown: S.UNKNOWN,
}


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")


@dataclass(slots=True)
class Life:
    """All that the model knows of a job."""

    state: JobState = S.OFFERED
    owner: int | None = None
    cancel_asked: bool = False
    charged: int | None = None
    is_looked_at: bool = False


class Lives(RuleBasedStateMachine):
    """Calls anything on any job at any time; the model says what must come of it."""

    @initialize()
    def begin(self) -> None:
        self.driver = AtOnce()
        self.clock = HandClock()
        self.start = 0
        self.lives: dict[int, Life] = {}
        self.restart()
        self.mine = account(now(self.store.accounts.enter("meigen", "f")), WIDE)

    def restart(self) -> None:
        self.start += 1
        self.store = now(assemble(self.driver, self.clock, RotSealer(), f"start {self.start}", ENDLESS))

    def any_job(self, data: st.DataObject, *states: JobState) -> int:
        """Rather one in one of these states: most of what can happen happens to those."""
        likely = [job_id for job_id, life in self.lives.items() if life.state in states]
        return data.draw(st.sampled_from(likely or [*self.lives]) | st.sampled_from([*self.lives]), label="job")

    def states(self) -> set[JobState]:
        return {life.state for life in self.lives.values()}

    def teardown(self) -> None:
        self.driver.raw.close()

    # ---- what may happen

    @rule(guild=st.integers(1, 2), user=st.integers(1, 2), steps=st.integers(0, 3))
    def offer(self, guild: int, user: int, steps: int) -> None:
        new = new_job(self.mine, self.clock.at, guild_id=guild, user_id=user)
        job, _ = now(self.store.door.offer(new))
        self.lives[job.id] = Life()
        if steps >= 1:
            now(self.store.door.confirm(job.id, 1))
            self.lives[job.id].state = S.QUEUED
        if steps >= 2:
            self.claim(700.0)
        if steps >= 3:
            for job_id, life in self.lives.items():
                if life.state is S.SUBMITTING:
                    self.answer_to(job_id, Accepted("g", charged_credits=7))

    @precondition(lambda self: S.OFFERED in self.states())
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        job_id = self.any_job(data, S.OFFERED)
        now(self.store.door.confirm(job_id, 1))
        if self.lives[job_id].state is S.OFFERED:
            self.lives[job_id].state = S.QUEUED

    @precondition(lambda self: S.OFFERED in self.states())
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        job_id = self.any_job(data, *WAITING)
        dropped = now(self.store.door.drop(job_id, FailureCode.CARD_NEVER_SHOWN))
        assert (dropped is not None) == (self.lives[job_id].state in WAITING)
        if dropped is not None:
            self.lives[job_id].state = S.CANCELLED

    @precondition(lambda self: len(self.lives) > 3 and S.QUEUED in self.states())
    @rule(data=st.data())
    def delete_card(self, data: st.DataObject) -> None:
        job_id = self.any_job(data, S.QUEUED)
        now(self.store.cards.unwanted(job_id))
        if self.lives[job_id].state is S.QUEUED:
            self.lives[job_id].state = S.CANCELLED

    @precondition(lambda self: self.states() - FINAL_STATES)
    @rule(data=st.data())
    def call_back(self, data: st.DataObject) -> None:
        self.call_back_the(self.any_job(data, S.SUBMITTING, S.QUEUED, S.RUNNING))

    def call_back_the(self, job_id: int) -> None:
        now(self.store.door.ask_cancel(job_id))
        life = self.lives[job_id]
        if life.state not in FINAL_STATES:
            life.cancel_asked = True
        if life.state in WAITING:
            life.state = S.CANCELLED

    @precondition(lambda self: not self.lives or S.QUEUED in self.states())
    @rule(after_seconds=st.sampled_from([0.0, 700.0]))
    def claim(self, after_seconds: float) -> None:
        self.clock.at += after_seconds
        found = now(self.store.submissions.claim(self.mine, 0.0))
        waiting = {job_id for job_id, life in self.lives.items() if life.state is S.QUEUED}
        assert isinstance(found, Idle) == (not waiting)
        if isinstance(found, Claim):
            assert found.job.id in waiting
            self.lives[found.job.id].state = S.SUBMITTING
            self.lives[found.job.id].owner = self.start

    @precondition(lambda self: self.states() & {S.SUBMITTING, S.UNKNOWN})
    @rule(
        data=st.data(),
        outcome=st.sampled_from(
            [
                Accepted("g", charged_credits=7),
                Accepted("g"),
                NotSent(),
                RateLimited(1.0),
                KeyRejected(),
                OutOfCredits(),
                Rejected(),
                OutcomeUnknown(),
                Accepted("g", charged_credits=3),
                OutcomeUnknown(),
            ]
        ),
        before=st.sampled_from(["", "called back", "given up"]),
    )
    def answer(self, data: st.DataObject, outcome: Accepted | SubmissionError, before: str) -> None:
        job_id = self.any_job(data, S.SUBMITTING, S.UNKNOWN)
        if before == "called back":
            self.call_back_the(job_id)
        elif before == "given up":
            self.answer_to(job_id, OutcomeUnknown())
        self.answer_to(job_id, outcome)

    def answer_to(self, job_id: int, outcome: Accepted | SubmissionError) -> None:
        life = self.lives[job_id]
        recorded = now(self.store.submissions.record(self.mine, job_id, outcome))
        is_ours = life.owner == self.start and life.state in (S.SUBMITTING, S.UNKNOWN)
        assert (recorded is not None) == is_ours
        if not is_ours:
            return
        life.state = NEXT_STATE[type(outcome)]
        if life.state is S.QUEUED:
            life.owner = None if not life.cancel_asked else life.owner
            life.state = S.CANCELLED if life.cancel_asked else S.QUEUED
        if isinstance(outcome, Accepted):
            life.charged = outcome.charged_credits

    @precondition(lambda self: self.states() & {S.RUNNING, S.TIMED_OUT})
    @rule(data=st.data(), told=st.sampled_from([completed(), ENDED, PROCESSING]))
    def look(self, data: st.DataObject, told: Generation) -> None:
        job_id = self.any_job(data, S.RUNNING, S.TIMED_OUT)
        life = self.lives[job_id]
        ended = now(self.store.watching.finish(job_id, told))
        assert (ended is not None) == (life.state in (S.RUNNING, S.TIMED_OUT) and told is not PROCESSING)
        if ended is not None:
            life.state = S.SUCCEEDED if told.result else S.FAILED
            life.charged = life.charged if told.result else 0
            life.is_looked_at = False

    @precondition(lambda self: S.RUNNING in self.states())
    @rule(data=st.data())
    def time_out(self, data: st.DataObject) -> None:
        job_id = self.any_job(data, S.RUNNING)
        life = self.lives[job_id]
        timed_out = now(self.store.watching.time_out(job_id, self.clock.at + 120, 3))
        assert (timed_out is not None) == (life.state is S.RUNNING)
        if timed_out is not None:
            life.state, life.is_looked_at = S.TIMED_OUT, True

    @precondition(lambda self: any(life.is_looked_at for life in self.lives.values()))
    @rule()
    def look_no_more(self) -> None:
        for late in now(self.store.watching.late()):
            now(self.store.watching.look_again(late.job.id, None, 0))
            self.lives[late.job.id].is_looked_at = False

    @precondition(lambda self: len(self.lives) > 3 and S.QUEUED in self.states())
    @rule(data=st.data())
    def fail_waiting(self, data: st.DataObject) -> None:
        job_id = self.any_job(data, S.QUEUED)
        failed = now(self.store.submissions.fail_waiting(job_id, Failure(FailureCode.REFERENCE_GONE)))
        assert (failed is not None) == (self.lives[job_id].state is S.QUEUED)
        if failed is not None:
            self.lives[job_id].state = S.FAILED

    @precondition(lambda self: len(self.lives) >= 4 * self.start)
    @rule(back=st.booleans())
    def die_and_start_again(self, back: bool) -> None:  # noqa: FBT001  drawn
        self.clock.at -= 3600.0 if back else -1.0
        self.restart()
        open_ones = [life for life in self.lives.values() if life.state is S.SUBMITTING]
        assert now(self.store.submissions.recover((self.mine,))) == len(open_ones)
        for life in open_ones:
            life.state = S.UNKNOWN

    # ---- what must hold

    @invariant()
    def the_store_knows_what_the_model_knows(self) -> None:
        stored = dict(self.driver.rows("SELECT id, state FROM jobs"))
        assert stored == {job_id: life.state for job_id, life in self.lives.items()}

    @invariant()
    def credits_add_up(self) -> None:
        held = spent = 0
        for life in self.lives.values():
            if life.charged is not None:
                spent += life.charged
            elif life.state in (S.SUCCEEDED, S.UNKNOWN) or (life.state is S.TIMED_OUT and not life.is_looked_at):
                spent += 5
            elif life.state in (*WAITING, S.SUBMITTING, S.RUNNING, S.TIMED_OUT):
                held += 5
        count = sum(life.state not in (S.CANCELLED, S.FAILED) for life in self.lives.values())
        usage = [now(self.store.asking.usage(since=0.0, guild_id=guild)) for guild in (1, 2)]
        assert Usage(
            sum(u.spent_credits for u in usage), sum(u.reserved_credits for u in usage), sum(u.jobs for u in usage)
        ) == Usage(spent, held, count)

    @invariant()
    def a_send_is_open_while_its_job_is_submitting_and_no_longer(self) -> None:
        open_sends = [job_id for (job_id,) in self.driver.rows("SELECT job_id FROM sends WHERE answered_at IS NULL")]
        submitting = [job_id for job_id, life in self.lives.items() if life.state is S.SUBMITTING]
        assert sorted(open_sends) == sorted(submitting)

    @invariant()
    def every_move_was_legal_and_followed_the_one_before(self) -> None:
        at = dict.fromkeys(self.lives, S.OFFERED)
        for job_id, before, after in self.driver.rows("SELECT job_id, from_state, to_state FROM events ORDER BY id"):
            assert at[job_id] == before
            assert S(after) in LEGAL_MOVES[S(before)]
            at[job_id] = S(after)
        assert at == {job_id: life.state for job_id, life in self.lives.items()}

    @invariant()
    def nobody_who_was_called_back_waits(self) -> None:
        assert not self.driver.rows("SELECT id FROM jobs WHERE state = 'queued' AND cancel_asked_at IS NOT NULL")

    @invariant()
    def whoever_waits_has_a_turn(self) -> None:
        """Else it would wait for ever."""
        assert not self.driver.rows(
            "SELECT j.id FROM jobs AS j LEFT JOIN guild_turns AS g ON g.flow_id = j.flow_id "
            "LEFT JOIN user_turns AS u ON u.flow_id = j.flow_id AND u.user_id = j.user_id "
            "WHERE j.state = 'queued' AND (g.flow_id IS NULL OR u.user_id IS NULL)"
        )

    @invariant()
    def the_line_is_as_long_as_it_was_counted(self) -> None:
        recounted = self.driver.rows(
            "SELECT flow_id, user_id, COUNT(*) FROM jobs WHERE state = 'queued' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        assert recounted == self.driver.rows(
            "SELECT flow_id, user_id, queued FROM user_turns WHERE queued <> 0 ORDER BY 1, 2"
        )


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=120, stateful_step_count=50, deadline=None, derandomize=True, database=None)


# ---- one illegal move after another


ILLEGAL: Sequence[tuple[JobState, JobState]] = [
    (before, after) for before in S for after in S if after not in LEGAL_MOVES[before]
]


@pytest.fixture
def house() -> tuple[AtOnce, Store, Account, Job]:
    driver = AtOnce()
    store = now(assemble(driver, HandClock(), RotSealer(), "me", ENDLESS))
    mine = account(now(store.accounts.enter("meigen", "f")))
    job, _ = now(store.door.offer(new_job(mine, guild_id=GUILD)))
    return driver, store, mine, job


@pytest.mark.parametrize(("before", "after"), ILLEGAL, ids=str)
def test_an_illegal_move_raises_and_changes_nothing(
    house: tuple[AtOnce, Store, Account, Job], before: JobState, after: JobState
) -> None:
    driver, store, _, job = house
    driver.raw.execute("UPDATE jobs SET state = ?", (before,))
    kept = driver.raw.serialize()
    ledger = store.door._ledger

    def unit() -> Unit[None]:
        found = yield from read_job(ledger, job.id)
        assert found is not None
        yield from end_job(ledger, found, after)

    with pytest.raises(ValueError, match=f"cannot move from {before} to {after}"):
        now(driver.run(unit))
    assert driver.raw.serialize() == kept


def test_a_legal_move_is_noted(house: tuple[AtOnce, Store, Account, Job]) -> None:
    driver, store, _, job = house
    now(driver.run(lambda: note_move(store.door._ledger, job, S.QUEUED, "why")))
    assert driver.rows("SELECT job_id, at, from_state, to_state, detail FROM events") == [
        (job.id, BEGAN_AT, "offered", "queued", "why")
    ]
