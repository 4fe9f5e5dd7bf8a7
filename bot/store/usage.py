"""What was used, kept as sums beside the jobs: changed in the transaction that changes a job, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.catalog import Medium
from bot.domain.days import day_of, month_of, quarter_of
from bot.domain.jobs import JobState
from bot.domain.limits import Unit as Counts
from bot.domain.policy import Use
from bot.store.units import Row, Unit, do, one

HELD, SPENT = "held", "spent"
_FREE = (JobState.FAILED, JobState.CANCELLED)
_WAITING = (JobState.OFFERED, JobState.QUEUED)


def recount(job_id: int) -> Unit[None]:
    """Bring the sums up to what the job's row says now; call it after whatever changed its state or its charge."""
    row = yield from one("counted_of_job", id=job_id)
    assert row is not None
    counts_as, credit_count = _counts(row)
    quarter = quarter_of(row["created_at"])
    if (counts_as, credit_count) == (row["counted_as"], row["counted_credits"]):
        return
    # Where it was counted: a clock that was put back may have moved its beginning since.
    yield from _add(row, row["counted_as"], row["counted_quarter"], -1, -row["counted_credits"])
    yield from _add(row, counts_as, quarter, 1, credit_count)
    yield from do(
        "save_counted", id=job_id, counted_as=counts_as, counted_credits=credit_count, counted_quarter=quarter
    )


def _add(row: Row, way: str | None, quarter: int, jobs: int, credit_count: int) -> Unit[None]:
    """To the sums of that quarter; `way` None: it counts nowhere."""
    if way is None:
        return
    change = {f"{each}_{what}": 0 for each in (HELD, SPENT) for what in ("credits", "pictures", "videos")}
    change[f"{way}_credits"] = credit_count
    change[f"{way}_{'videos' if row['medium'] == Medium.VIDEO else 'pictures'}"] = jobs
    place = {"flow_id": row["flow_id"], "quarter": quarter}
    in_guild = {name: change[name] for name in ("held_credits", "spent_credits")}
    yield from do("add_guild_usage", **place, **in_guild)
    yield from do("add_member_usage", **place, user_id=row["user_id"], **change)


def _counts(row: Row) -> tuple[str | None, int]:
    """How a job counts, and for how many credits: as charged, else as estimated. What came to nothing does not."""
    if row["state"] in _FREE:
        return None, 0
    charged, reserved = row["charged_credits"], row["reserved_credits"]
    return HELD if row["state"] in _WAITING else SPENT, (reserved or 0) if charged is None else charged


def read_use(flow_id: int, user_id: int, at: float, time_zone: str, *, with_held: bool = True) -> Unit[Use]:
    """What was used on the day and in the month of `at`, in a guild and by a member there.

    Without what is held: only what was sent.
    """
    day, month = day_of(at, time_zone), month_of(at, time_zone)
    held = int(with_held)
    first, after = day.quarters
    earlier = yield from one("use_of_guild", flow_id=flow_id, first=month.quarters[0], after=first)
    today = yield from one("use_of_guild", flow_id=flow_id, first=first, after=after)
    member = yield from one("use_of_member", flow_id=flow_id, user_id=user_id, first=first, after=after)
    assert earlier is not None
    assert today is not None
    assert member is not None
    day_credits = today["spent_credits"] + held * today["held_credits"]
    month_credits = day_credits + earlier["spent_credits"] + held * earlier["held_credits"]
    return Use(day_credits, month_credits, dict(_of_member(member, held)), day.ends_at, month.ends_at)


def _of_member(row: Row, held: int) -> Iterator[tuple[Counts, int]]:
    for unit in (Counts.CREDITS, Counts.PICTURES, Counts.VIDEOS):
        yield unit, row[f"spent_{unit}"] + held * row[f"held_{unit}"]
