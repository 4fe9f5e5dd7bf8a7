"""Drafts: requests that are not asked for yet. They outlive a restart, and are dropped after a day."""

from __future__ import annotations

from bot.domain.drafts import Draft
from bot.domain.requests import GenerationRequest
from bot.ports import NewDraft
from bot.store.ledger import Ledger
from bot.store.links import expiry, sealed_references, signed_request, stripped
from bot.store.rows import REQUEST, to_json
from bot.store.units import Driver, Row, Unit, do, one

KEPT_SECONDS = 24 * 3600.0
"""As long as Discord's links to files live."""


class DraftStore:
    """Implements `bot.ports.Drafts`."""

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        self._driver = driver
        self._ledger = ledger

    async def begin(self, new: NewDraft) -> Draft:
        return await self._driver.run(lambda: begin(self._ledger, new))

    async def read(self, draft_id: int) -> Draft | None:
        return await self._driver.run(lambda: read(self._ledger, draft_id))

    async def change(self, draft: Draft) -> None:
        await self._driver.run(lambda: change(self._ledger, draft))

    async def discard(self, draft_id: int) -> None:
        await self._driver.run(lambda: do("delete_draft", id=draft_id))


def begin(ledger: Ledger, new: NewDraft) -> Unit[Draft]:
    """Store a draft; what is too old goes."""
    yield from prune(ledger.now())
    draft_id = ledger.ids.next()
    yield from do(
        "insert_draft",
        id=draft_id,
        user_id=new.user_id,
        parent_id=new.parent_id,
        is_private=int(new.is_private),
        now=ledger.now(),
        options=new.options,
        **_columns(ledger, new.request),
    )
    draft = yield from read(ledger, draft_id)
    assert draft is not None
    return draft


def read(ledger: Ledger, draft_id: int) -> Unit[Draft | None]:
    """None where it was started, discarded, or is too old."""
    row = yield from one("draft", id=draft_id, since=ledger.now() - KEPT_SECONDS)
    return None if row is None else _draft_of(ledger, row)


def change(ledger: Ledger, draft: Draft) -> Unit[None]:
    yield from do(
        "save_draft", id=draft.id, options=draft.options, words=draft.words, **_columns(ledger, draft.request)
    )


def prune(now: float) -> Unit[None]:
    yield from do("prune_drafts", before=now - KEPT_SECONDS)


def take(ledger: Ledger, draft_id: int) -> Unit[bool]:
    """Take a draft away for good, as its job is stored; False where somebody was faster."""
    draft = yield from read(ledger, draft_id)
    yield from do("delete_draft", id=draft_id)
    return draft is not None


def _columns(ledger: Ledger, request: GenerationRequest) -> dict[str, object]:
    return {
        "request": to_json(REQUEST, stripped(request)),
        "sealed_references": sealed_references(ledger.sealer, request),
        "references_expire_at": expiry(request),
    }


def _draft_of(ledger: Ledger, row: Row) -> Draft:
    request = REQUEST.validate_json(row["request"])
    return Draft(
        id=row["id"],
        user_id=row["user_id"],
        request=signed_request(ledger.sealer, request, row["sealed_references"], row["references_expire_at"]),
        options=row["options"],
        parent_id=row["parent_id"],
        is_private=bool(row["is_private"]),
        created_at=row["created_at"],
        words=row["words"],
    )
