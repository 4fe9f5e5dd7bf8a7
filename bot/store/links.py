"""Signed links: what is signed stands in the database encrypted, or not at all; the rest of a link in clear.

And links to messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.jobs import Job, Result
from bot.domain.links import unsigned
from bot.domain.requests import GenerationRequest
from bot.errors import VaultError
from bot.ports import Card, CardKind, CardState, Sealer

PURPOSE = "signed links"
DEAD = "ex=0"
"""The signature of a link whose own is gone: it expired long ago."""


def sealed(sealer: Sealer, urls: Sequence[str]) -> str | None:
    """The signatures of links, encrypted; None where none has one."""
    signatures = [url.partition("?")[2] for url in urls]
    return sealer.seal(json.dumps(signatures), PURPOSE) if any(signatures) else None


def sealed_references(sealer: Sealer, request: GenerationRequest) -> str | None:
    """The signatures of its files, encrypted. Of links that members typed the query is a part, and no secret."""
    urls = [reference.url if reference.is_signed else "" for reference in request.references]
    return sealed(sealer, [*urls, request.reference_video or ""])


def stripped(request: GenerationRequest) -> GenerationRequest:
    """The request with unsigned links to files."""
    references = tuple(replace(r, url=unsigned(r.url)) if r.is_signed else r for r in request.references)
    video = None if request.reference_video is None else unsigned(request.reference_video)
    return replace(request, references=references, reference_video=video)


def unsigned_result(result: Result) -> Result:
    return replace(result, media_urls=tuple(map(unsigned, result.media_urls)))


def expiry(request: GenerationRequest) -> float | None:
    """When the last of its links dies (epoch seconds); None where none does."""
    times = [reference.expires_at for reference in request.references if reference.expires_at is not None]
    return max(times, default=None)


def signed_request(
    sealer: Sealer, request: GenerationRequest, signatures: str | None, expires_at: float | None
) -> GenerationRequest:
    """The request as it was stored. Of Discord's files, a link whose signature is gone reads as expired."""
    urls = [*(reference.url for reference in request.references), request.reference_video or ""]
    found = _opened(sealer, signatures)
    *signed, video = urls if found is None else _signed(urls, found)
    is_lost = found is None and expires_at is not None
    pairs = zip(request.references, signed, strict=True)
    references = tuple(
        replace(r, url=f"{url}?{DEAD}" if is_lost and r.is_attachment else url) if r.is_signed else r
        for r, url in pairs
    )
    return replace(request, references=references, reference_video=video if request.reference_video else None)


def signed_result(sealer: Sealer, result: Result, signatures: str | None) -> Result:
    """The result as it was stored; without its signatures where these are gone."""
    found = _opened(sealer, signatures)
    return result if found is None else replace(result, media_urls=tuple(_signed(result.media_urls, found)))


def _signed(urls: Sequence[str], signatures: Sequence[str]) -> Sequence[str]:
    return [f"{url}?{signature}" if signature else url for url, signature in zip(urls, signatures, strict=True)]


def _opened(sealer: Sealer, signatures: str | None) -> Sequence[str] | None:
    """None where there are none, or where the key that sealed them is lost."""
    try:
        found: list[str] | None = None if signatures is None else json.loads(sealer.open(signatures, PURPOSE))
    except VaultError:
        return None
    return found


# ---------------------------------------------------------------- to messages


def jump_link(job: Job, card: Card) -> str | None:
    """Where others can see it; None of private and deleted cards, and of those that went to the direct messages."""
    is_there = card.kind is CardKind.CHANNEL and card.channel_id == job.channel_id
    if not is_there or card.state is CardState.UNWANTED or card.message_id is None:
        return None
    return message_link(job.guild_id, card.channel_id, card.message_id)


def message_link(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """`guild_id` None: of direct messages."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"
