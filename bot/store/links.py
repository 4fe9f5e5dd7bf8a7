"""Signed links: what is signed stands in the database encrypted, or not at all; the rest of a link in clear."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.jobs import Result
from bot.domain.requests import GenerationRequest
from bot.errors import VaultError
from bot.ports import Sealer

PURPOSE = "signed links"
DEAD = "ex=0"
"""The signature of a link whose own is gone: it expired long ago."""


def unsigned(url: str) -> str:
    return url.partition("?")[0]


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
    """The request as it was stored. A file's link whose signature is gone reads as expired."""
    urls = [*(reference.url for reference in request.references), request.reference_video or ""]
    *signed, video = _signed(sealer, urls, signatures, is_mortal=expires_at is not None)
    pairs = zip(request.references, signed, strict=True)
    references = tuple(replace(r, url=url) if r.is_signed else r for r, url in pairs)
    return replace(request, references=references, reference_video=video if request.reference_video else None)


def signed_result(sealer: Sealer, result: Result, signatures: str | None) -> Result:
    """The result as it was stored."""
    return replace(result, media_urls=tuple(_signed(sealer, result.media_urls, signatures, is_mortal=False)))


def _signed(sealer: Sealer, urls: Sequence[str], signatures: str | None, *, is_mortal: bool) -> Sequence[str]:
    found = _opened(sealer, signatures)
    if found is None:
        return [f"{url}?{DEAD}" for url in urls] if is_mortal else urls
    return [f"{url}?{signature}" if signature else url for url, signature in zip(urls, found, strict=True)]


def _opened(sealer: Sealer, signatures: str | None) -> Sequence[str] | None:
    try:
        found: list[str] | None = None if signatures is None else json.loads(sealer.open(signatures, PURPOSE))
    except VaultError:
        return None
    return found
