"""The sums that budgets are judged by, against a plain model that walks all jobs, through any sequence of events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.catalog import Medium
from bot.domain.days import day_of, month_of
from bot.domain.jobs import FailureCode, JobState
from bot.domain.limits import Unit
from bot.domain.policy import Use
from bot.errors import KeyRejected, NotSent, OutcomeUnknown, OutOfCredits, RateLimited, Refused, Rejected
from bot.ports import Accepted, Claim, Generation, GenerationState
from bot.store.store import Store, assemble
from tests.support.builders import ENDLESS, WIDE, account, completed, new_job, request, sets
from tests.support.fakes import AtOnce, HandClock, RotSealer
from tests.unit.store.test_moves import now

ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe")
GUILDS, MEMBERS = (5, 6), (7, 8)
OUTCOMES = (
    Accepted("g", charged_credits=4),
    Accepted("g", charged_credits=9),
    Accepted("g"),
    NotSent(),
    RateLimited(),
    KeyRejected(),
    OutOfCredits(),
    Rejected("no"),
    OutcomeUnknown("?"),
)
SPENT = frozenset(JobState) - {JobState.OFFERED, JobState.QUEUED, JobState.FAILED, JobState.CANCELLED}
HELD = frozenset({JobState.OFFERED, JobState.QUEUED})


@dataclass
class Books:
    """A store, and what is asked of it step by step."""

    zone: str
    clock: HandClock = field(default_factory=HandClock)
    driver: AtOnce = field(default_factory=AtOnce)

    def __post_init__(self) -> None:
        self.store: Store = now(assemble(self.driver, self.clock, RotSealer(), "me", ENDLESS))
        self.mine = account(now(self.store.accounts.enter("meigen", "f")), WIDE)

    # ---- steps

    def reserve(self, dice: int) -> None:
        medium = Medium.VIDEO if dice % 3 == 0 else Medium.IMAGE
        new = new_job(
            self.mine,
            self.clock.at,
            guild_id=GUILDS[dice % 2],
            user_id=MEMBERS[dice // 2 % 2],
            request=request(medium=medium),
            reserved_credits=None if dice % 11 == 0 else dice % 13,
        )
        try:
            job, _ = now(self.store.door.offer(new))
        except Refused:
            return
        if dice % 5:
            now(self.store.door.confirm(job.id, 1000 + dice))

    def settle(self, dice: int) -> None:
        """The next one is sent, and answered by one of many answers."""
        turn = now(self.store.submissions.claim(self.mine, 0.0))
        if isinstance(turn, Claim) and dice % 10:
            now(self.store.submissions.record(self.mine, turn.job.id, OUTCOMES[dice % len(OUTCOMES)]))

    def refund(self, dice: int) -> None:
        if job_id := self._one(dice, JobState.RUNNING, JobState.TIMED_OUT):
            now(self.store.watching.finish(job_id, Generation(GenerationState.FAILED)))

    def succeed(self, dice: int) -> None:
        if job_id := self._one(dice, JobState.RUNNING, JobState.TIMED_OUT):
            now(self.store.watching.finish(job_id, completed()))

    def time_out(self, dice: int) -> None:
        if job_id := self._one(dice, JobState.RUNNING):
            now(self.store.watching.time_out(job_id, self.clock.at + 60, 3))

    def call_back(self, dice: int) -> None:
        if job_id := self._one(dice, *HELD):
            now(self.store.door.drop(job_id, FailureCode.CANCELLED_BY_MEMBER))

    def answer_late(self, dice: int) -> None:
        if job_id := self._one(dice, JobState.UNKNOWN, JobState.SUBMITTING):
            now(self.store.submissions.record(self.mine, job_id, OUTCOMES[dice % len(OUTCOMES)]))

    def limit(self, dice: int) -> None:
        values: dict[str, Any] = {
            "guild_credits_per_day": dice % 60 or None,
            "member_videos_per_day": dice % 4 or None,
            "time_zone": ZONES[dice % len(ZONES)],
        }
        now(sets(self.store, GUILDS[dice % 2], **values))

    def forget(self, dice: int) -> None:
        now(self.store.forgetting.forget(MEMBERS[dice % 2]))

    def wait(self, dice: int) -> None:
        self.clock.at += dice % 12 * 1800

    def _one(self, dice: int, *states: JobState) -> int | None:
        found = [row["id"] for row in self.jobs() if row["state"] in states]
        return found[dice % len(found)] if found else None

    # ---- both ways of counting

    def jobs(self) -> list[dict[str, Any]]:
        columns = ("id", "flow_id", "user_id", "medium", "state", "reserved_credits", "charged_credits", "created_at")
        rows = self.driver.rows(f"SELECT {', '.join(columns)} FROM jobs ORDER BY id")  # noqa: S608  our own names
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def counted(self, guild_id: int, user_id: int) -> Use:
        return now(self.store.guilds.use(guild_id, user_id, self.zone))

    def plainly(self, guild_id: int, user_id: int) -> Use:
        """The same by walking all jobs."""
        day, month = day_of(self.clock.at, self.zone), month_of(self.clock.at, self.zone)
        day_credits = month_credits = 0
        member: Counter[Unit] = Counter()
        for job in self.jobs():
            if job["flow_id"] != guild_id or job["state"] not in SPENT | HELD:
                continue
            charged, reserved = job["charged_credits"], job["reserved_credits"]
            costs = charged if charged is not None else reserved or 0
            is_today = day.began_at <= job["created_at"] < day.ends_at
            month_credits += costs if month.began_at <= job["created_at"] < day.ends_at else 0
            day_credits += costs if is_today else 0
            if is_today and job["user_id"] == user_id:
                member[Unit.CREDITS] += costs
                member[Unit.VIDEOS if job["medium"] == Medium.VIDEO else Unit.PICTURES] += 1
        by_unit = {unit: member[unit] for unit in (Unit.CREDITS, Unit.PICTURES, Unit.VIDEOS)}
        return Use(day_credits, month_credits, by_unit, day.ends_at, month.ends_at)


STEPS = ("reserve", "settle", "refund", "succeed", "time_out", "call_back", "answer_late", "limit", "forget", "wait")
OFTEN = ("reserve", "reserve", "settle")


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    steps=st.lists(st.tuples(st.sampled_from((*STEPS, *OFTEN)), st.integers(0, 10_000)), min_size=1, max_size=60),
)
def test_sums_agree_with_a_plain_model_whatever_happens(zone: str, steps: list[tuple[str, int]]) -> None:
    books = Books(zone)
    for step, dice in steps:
        getattr(books, step)(dice)
        books.clock.at += 0.02
    for guild_id in GUILDS:
        for user_id in MEMBERS:
            assert books.counted(guild_id, user_id) == books.plainly(guild_id, user_id)


@settings(max_examples=30, deadline=None)
@given(
    budget=st.integers(0, 60),
    steps=st.lists(st.tuples(st.sampled_from(("reserve", "settle", "refund", "call_back")), st.integers(1, 10_000))),
)
def test_no_sequence_overspends_a_budget_by_one_credit(budget: int, steps: list[tuple[str, int]]) -> None:
    books = Books("UTC")
    for guild_id in GUILDS:
        now(sets(books.store, guild_id, guild_credits_per_day=budget))
    as_estimated = replace(Accepted("g"), charged_credits=None)
    for step, dice in steps:
        if step == "settle":
            turn = now(books.store.submissions.claim(books.mine, 0.0))
            if isinstance(turn, Claim):
                now(books.store.submissions.record(books.mine, turn.job.id, as_estimated))
        else:
            getattr(books, step)(dice)
        books.clock.at += 0.02
        for guild_id in GUILDS:
            assert books.plainly(guild_id, 7).guild_day_credits <= budget
