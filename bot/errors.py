"""Every error that Easel raises for somebody to handle, split by what the caller does next.

    EaselError
    ├── Refused               nothing was spent; the member is told why
    ├── SubmissionError       how a POST that could cost credits ended
    │   ├── NotSent           it never left: back to the queue
    │   ├── RateLimited       refused for now: back to the queue, the gate pauses
    │   ├── QueueFull         the upstream has enough of ours: back to the queue, until one is done
    │   ├── KeyRejected       back to the queue, the account pauses
    │   ├── OutOfCredits      this job fails, the account waits for a probe
    │   ├── Rejected          this job fails, the upstream said why
    │   └── OutcomeUnknown    it may have been charged: never sent again by itself
    ├── LookupFailed          a GET upstream
    │   ├── Unavailable       try later
    │   └── NotFound          the upstream does not know it
    ├── SurfaceError          Discord did not take what we showed
    │   ├── MessageGone       deleted: not wanted any more
    │   ├── TokenDead         the interaction's token is over: next rung
    │   ├── ChannelClosed     the channel is out of reach: skip it
    │   ├── InteractionLost   the interaction was not answered in time
    │   ├── PayloadTooLarge   send it smaller, or as a link
    │   ├── ShowRefused       Discord will never take this payload here
    │   ├── Unsearchable      whether our message stands there cannot be told: next rung
    │   └── SurfaceDown       try later
    ├── MediaError            a result could not be brought here
    │   ├── MediaGone         it is not there any more
    │   ├── MediaUnsafe       not a public https address, or not what it says it is
    │   ├── MediaTooLarge     over the cap in bytes or pixels
    │   ├── NotText           an uploaded prompt that is no .txt file in UTF-8
    │   └── MediaDown         try later
    ├── StoreError
    │   ├── StoreHeld         another process has the database
    │   ├── StoreTooNew       made by a newer Easel
    │   └── StoreDown         disk full or failing: keep the answer, try again
    ├── VaultError            a sealed value cannot be opened with the keys at hand
    ├── DiscordLoginRefused   Discord does not take the token: the operator must change it
    ├── DiscordStrange        Discord's address is not Discord's: the operator must look at it
    └── SettingsError         all that is wrong with the settings, at once

Errors carry data; the sentences are in ``bot.ui.texts``.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class EaselError(Exception):
    """Root of the tree."""

    def __str__(self) -> str:
        return repr(self)


@dataclass(eq=False)
class Refused(EaselError):
    """A request that is not taken. `problems` are `bot.domain.problems.Problem`s, at least one."""

    problems: tuple[object, ...]


class SubmissionError(EaselError):
    """A submission that brought no generation."""


@dataclass(eq=False)
class NotSent(SubmissionError):
    """No byte of the request reached the upstream (refused connection, DNS, connect or pool timeout)."""

    detail: str = ""


@dataclass(eq=False)
class RateLimited(SubmissionError):
    """429. `retry_after_seconds` is None where the upstream named no usable time."""

    retry_after_seconds: float | None = None


@dataclass(eq=False)
class QueueFull(SubmissionError):
    """429 for too many unfinished tasks of the account, which says nothing of the rate."""

    message: str = ""


@dataclass(eq=False)
class KeyRejected(SubmissionError):
    """401, or 403 against the key."""

    message: str = ""


@dataclass(eq=False)
class OutOfCredits(SubmissionError):
    """402. Credits; None where the upstream did not say."""

    required: int | None = None
    available: int | None = None


@dataclass(eq=False)
class Rejected(SubmissionError):
    """The upstream will not make this. `message` is its own reason, for the member to read."""

    message: str = ""
    status: int | None = None
    supported_ratios: tuple[str, ...] = ()


@dataclass(eq=False)
class OutcomeUnknown(SubmissionError):
    """Sent, and no readable answer came: it may have been charged. `detail` is for the log.

    `is_answered`: something came, a 5xx or what cannot be read; else there was silence.
    """

    detail: str = ""
    is_answered: bool = False


class LookupFailed(EaselError):
    """A question to the upstream that cost nothing brought no answer."""


@dataclass(eq=False)
class Unavailable(LookupFailed):
    """Timeouts, resets, 429, 5xx and unreadable answers. `key_rejected` tells a 401 apart."""

    detail: str = ""
    retry_after_seconds: float | None = None
    key_rejected: bool = False


@dataclass(eq=False)
class NotFound(LookupFailed):
    """404."""

    detail: str = ""


@dataclass(eq=False)
class SurfaceError(EaselError):
    """`code` is Discord's JSON error code, 0 where there is none."""

    code: int = 0
    detail: str = ""


class MessageGone(SurfaceError):
    """10008: somebody deleted the message."""


class TokenDead(SurfaceError):
    """10015, 50027, or older than 15 minutes."""


class ChannelClosed(SurfaceError):
    """10003, 10004, 50001, 50007, 50013: the channel, guild or member cannot be reached."""


class InteractionLost(SurfaceError):
    """10062: the three seconds were over."""


class PayloadTooLarge(SurfaceError):
    """40005, or HTTP 413."""


class ShowRefused(SurfaceError):
    """Any other 4xx: the same payload would be refused again."""


class Unsearchable(SurfaceError):
    """More was posted since than may be read, and our message is not among what was."""


@dataclass(eq=False)
class SurfaceDown(SurfaceError):
    """Discord or the network to it is failing. None where Discord named no time."""

    retry_after_seconds: float | None = None


@dataclass(eq=False)
class MediaError(EaselError):
    """A picture or video that did not get here."""

    detail: str = ""


class MediaGone(MediaError):
    """404, 410 or an expired link."""


class MediaUnsafe(MediaError):
    """Not https, not public, a content encoding, or bytes that are no picture or video."""


class MediaTooLarge(MediaError):
    """More bytes or pixels than the cap allows."""


class NotText(MediaError):
    """An uploaded prompt that does not end in .txt, or is not in UTF-8."""


class MediaDown(MediaError):
    """Timeout, reset or 5xx: try later."""


class StoreError(EaselError):
    """The database did not take or give something."""


@dataclass(eq=False)
class StoreHeld(StoreError):
    """Another process holds the lock file. `holder` is what it wrote there (host and pid)."""

    path: str
    holder: str


@dataclass(eq=False)
class StoreTooNew(StoreError):
    """The database's schema version is above what this code knows."""

    found: int
    known: int


@dataclass(eq=False)
class StoreDown(StoreError):
    """Disk full, I/O error, locked by something else. Nothing of the transaction was kept."""

    detail: str = ""


@dataclass(eq=False)
class VaultError(EaselError):
    """Sealed with a key that is not at hand, or damaged; or the key file is no use. `detail` is for the operator."""

    detail: str = ""


@dataclass(eq=False)
class DiscordLoginRefused(EaselError):
    """Discord does not take the token. `detail` is what it said."""

    detail: str = ""


@dataclass(eq=False)
class DiscordStrange(EaselError):
    """What answers at Discord's address does not answer as Discord does. `detail` is what it said."""

    detail: str = ""


@dataclass(eq=False)
class SettingsError(EaselError):
    """`problems` maps each environment name to what is wrong with it."""

    problems: dict[str, str] = field(default_factory=dict)
