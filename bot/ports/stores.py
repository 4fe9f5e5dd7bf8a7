"""The store, as each of its users sees it. Every call is one transaction; all raise StoreDown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.gate import GateLimit, PauseReason
from bot.domain.jobs import Failure, FailureCode, Job, JobState
from bot.domain.policy import Ask
from bot.domain.problems import Problem
from bot.domain.progress import Pace
from bot.domain.requests import ANYWHERE, Circumstances, GenerationRequest
from bot.domain.views import AccountCredits, Ancestor, Usage, Waiting
from bot.errors import SubmissionError
from bot.ports.cards import Card, CardKind, CarriedReference, Rung, Shown
from bot.ports.upstream import Accepted, Account, Generation, Listed


class Sealer(Protocol):
    """Encryption at rest."""

    def seal(self, text: str, purpose: str) -> str:
        """`text`, encrypted; to be opened for the same purpose only."""
        ...

    def open(self, sealed: str, purpose: str) -> str:
        """What was sealed. Raises VaultError."""
        ...


# ---- the door


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed by a member: until its card has stood for two seconds, pressing it again makes no second job."""

    key: str
    problem: Problem
    """What the second press is told."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A request that was found good, with the interaction that brought it."""

    account: Account
    guild_id: int | None
    channel_id: int
    user_id: int
    request: GenerationRequest
    reserved_credits: int | None
    is_private: bool
    card_kind: CardKind
    token: str
    token_expires_at: float
    attachment_limit_bytes: int
    parent_id: int | None = None
    press: Press | None = None
    draft_id: int | None = None
    """The draft that it was; it can be started once."""
    circumstances: Circumstances = ANYWHERE

    @property
    def ask(self) -> Ask:
        return Ask(self.guild_id, self.user_id, self.request, self.circumstances, self.reserved_credits)

    def __repr__(self) -> str:
        return f"NewJob(guild_id={self.guild_id}, user_id={self.user_id}, parent_id={self.parent_id})"


class Door(Protocol):
    """How jobs come in, and how members call them back."""

    async def judge(self, account: Account, ask: Ask) -> tuple[Problem, ...]:
        """What stands against a request at this moment, by the guild's limits; nothing is stored."""
        ...

    async def offer(self, new: NewJob) -> tuple[Job, Waiting]:
        """Store a job before its card is shown; with the wait that it would have. Raises Refused."""
        ...

    async def confirm(self, job_id: int, message_id: int | None) -> Job | None:
        """Its card stands (None: not known where): into the line. The job as it is now; None: there is none."""
        ...

    async def drop(self, job_id: int, code: FailureCode) -> Job | None:
        """Cancel what still waits; None where it does not wait (any more)."""
        ...

    async def ask_cancel(
        self, job_id: int, code: FailureCode = FailureCode.CANCELLED_BY_MEMBER, *, noted_by: int | None = None
    ) -> Job | None:
        """Cancel what waits, mark what is under way. The job as it is now; None: there is none.

        `noted_by`: the moderator who did it, for the guild's changes.
        """
        ...

    async def deleted(self, job_id: int, message_id: int | None) -> None:
        """A message that shows the job was deleted: where it was its card, nothing more is shown."""
        ...

    async def waiting_guilds(self) -> Collection[int]:
        """Guilds in which jobs wait."""
        ...

    async def clear_guild(self, guild_id: int, code: FailureCode, *, noted_by: int | None = None) -> int:
        """Cancel all that waits in a guild, for that reason; tells how many jobs. `noted_by`: as above."""
        ...

    async def renew_token(self, job_id: int, token: str, expires_at: float) -> None:
        """A click brought a fresh token for the card's message."""
        ...

    async def offered(self, before: float, count: int) -> Sequence[int]:
        """Jobs offered before (epoch seconds) and not confirmed, oldest first."""
        ...


# ---- submissions


PriceOf = Callable[[GenerationRequest], int | None]
"""Credits of a request; None: not known."""


@dataclass(frozen=True, slots=True)
class Claim:
    """This job's POST may leave now, once."""

    job: Job


@dataclass(frozen=True, slots=True)
class Stale:
    """It is this job's turn, but a link of its references is about to expire."""

    job: Job


@dataclass(frozen=True, slots=True)
class Barred:
    """It was this job's turn, but limits that hold now stand against it: it has ended, unspent."""

    job: Job


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody waits, and nothing may leave before `until` (None: before an open submission is answered)."""

    until: float | None
    reason: PauseReason | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody waits, or all who do are held up by their guild's limits."""


class Submissions(Protocol):
    """The claim and the answer."""

    async def recover(self, accounts: tuple[Account, ...]) -> int:
        """At start: what an earlier process left open is unknown now. Tells how many jobs."""
        ...

    async def claim(
        self, account: Account, stale_before: float, price_of: PriceOf | None = None
    ) -> Claim | Stale | Barred | Wait | Idle:
        """The next job of the account, if the gate lets one leave. `price_of`: by today's prices; None: as asked."""
        ...

    async def record(self, account: Account, job_id: int, outcome: Accepted | SubmissionError) -> Job | None:
        """How a claimed submission ended. The job as it is now; None where it is not this process's."""
        ...

    async def refresh_request(self, job_id: int, request: GenerationRequest) -> None:
        """The same request with fresh links."""
        ...

    async def unknown(self, since: float) -> Sequence[Job]:
        """What became unknown since (epoch seconds)."""
        ...

    async def adopt(self, job_id: int, listed: Sequence[Listed], is_of: Callable[[Listed, Job], bool]) -> Job | None:
        """Let an unknown job run as the one generation of the list that can be its own. None: none or several can."""
        ...

    async def fail_waiting(self, job_id: int, failure: Failure) -> Job | None:
        """End a queued job unspent; None where it is not queued any more."""
        ...


# ---- watching


@dataclass(frozen=True, slots=True)
class Late:
    """What timed out, when the next late look is (epoch seconds), and how many are left."""

    job: Job
    next_look_at: float
    looks_left: int


class Watching(Protocol):
    """What the upstream says of generations under way."""

    async def running(self) -> Sequence[Job]: ...

    async def late(self) -> Sequence[Late]:
        """What timed out and is still to be looked at."""
        ...

    async def finish(self, job_id: int, generation: Generation) -> Job | None:
        """Store an end; None where it is none, or the job does not run."""
        ...

    async def progress(
        self, job_id: int, percent: int | None, preceding_tasks: int | None = None, begun_at: float | None = None
    ) -> None:
        """What is told of one that runs; None: nothing, or nothing any more."""
        ...

    async def time_out(self, job_id: int, next_look_at: float, looks: int) -> Job | None:
        """Past its deadline and not finished; `looks` late looks follow. None where the job does not run."""
        ...

    async def look_again(self, job_id: int, next_look_at: float | None, looks_left: int) -> None:
        """When the next late look is (None: never again)."""
        ...

    async def reject_key(self, account_id: int) -> bool:
        """A look was refused for the account's key: it pauses. Tells whether that is news."""
        ...


# ---- cards


@dataclass(frozen=True, slots=True)
class Showing:
    """A card as it was shown."""

    revision: int
    shown: Shown
    carried: tuple[CarriedReference, ...] = ()
    pinged: bool = False
    """Its member was told, too."""
    redraw_at: float | None = None
    """When its place in the line is worth showing anew (epoch seconds); None: never."""


@dataclass(frozen=True, slots=True)
class PingDue:
    """A member is to be pinged, or was and nobody knows: for this end, since then (epoch seconds)."""

    job_id: int
    state: JobState
    since: float


class Cards(Protocol):
    """What is behind, and what was shown where."""

    async def behind(self) -> Sequence[tuple[int, JobState]]:
        """Jobs whose card shows less than it should, oldest first."""
        ...

    async def read(self, job_id: int) -> tuple[Job, Card] | None: ...

    async def shown(self, job_id: int, showing: Showing) -> None:
        """The card stands so."""
        ...

    async def ask_redraws(self, count: int) -> float | None:
        """Let at most `count` waiting cards be drawn again that are due; when the next is (None: none is planned)."""
        ...

    async def pings_due(self) -> Sequence[PingDue]:
        """Jobs whose end stands and whose member is to be pinged."""
        ...

    async def end_ping(self, ping: PingDue) -> None:
        """The member was pinged, or need not be any more."""
        ...

    async def skip(self, job_id: int, revision: int) -> None:
        """There is nowhere to show that revision, and nothing lost by it."""
        ...

    async def redraw(self, job_id: int) -> None: ...

    async def intend_post(self, job_id: int, rung: Rung, nonce: str) -> None:
        """Stored before a post leaves, so that a crash cannot make two of it."""
        ...

    async def forget_post(self, job_id: int) -> None:
        """The post certainly did not happen."""
        ...

    async def drop_token(self, job_id: int, expires_at: float) -> None:
        """The token that expires then is dead before its time; one that a click brought meanwhile stays."""
        ...

    async def drop_dead_secrets(self) -> None:
        """Tokens and signed links that are over."""
        ...

    async def unwanted(self, job_id: int) -> Job | None:
        """Its message was deleted. The job as it is now: cancelled, had it still been waiting."""
        ...

    async def undeliverable(self, job_id: int) -> None: ...


# ---- questions, accounts, documents


@dataclass(frozen=True, slots=True)
class Durations:
    """How long a model took lately, from the upstream's answer to the end."""

    shortest_seconds: float
    pace: Pace


class Asking(Protocol):
    """Questions that change nothing."""

    async def job(self, job_id: int, *, or_forgotten: bool = False) -> Job | None:
        """None: there is none, or its member wants it to be forgotten; `or_forgotten` tells of those, too."""
        ...

    async def waiting(self, job: Job, limit: GateLimit) -> Waiting | None:
        """Place and time to wait; None where the job does not wait."""
        ...

    async def under_way_in(self, guild_id: int) -> Sequence[Job]:
        """All of a guild that has not ended: first what is being made, then what waits, oldest first."""
        ...

    async def durations(self, provider: str, model_id: str) -> Durations | None: ...

    async def usage(self, *, since: float, guild_id: int | None = None, user_id: int | None = None) -> Usage:
        """Of a guild, or of a member everywhere."""
        ...

    async def ancestors(self, job_id: int, count: int) -> Sequence[Ancestor]:
        """What a job went on from, the nearest last; at most `count` of them."""
        ...

    async def credits(self, accounts: Sequence[Account]) -> Sequence[AccountCredits]: ...


class Accounts(Protocol):
    """Keys at upstreams."""

    async def enter(self, provider: str, fingerprint: str) -> int:
        """The account of a key, made if new."""
        ...


class DocumentStore(Protocol):
    """Small things kept by name."""

    async def load(self, key: str) -> tuple[str, float] | None:
        """Text, and when it was kept (epoch seconds)."""
        ...

    async def save(self, key: str, text: str, at: float) -> None: ...
