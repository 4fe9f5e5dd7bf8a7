"""Rows to records and back."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter

from bot.domain.gate import Gate
from bot.domain.jobs import Failure, FailureCode, Job, JobState, Result
from bot.domain.requests import Circumstances, GenerationRequest
from bot.ports import Card, CardKind, CardState, CarriedReference, Rung, Sealer
from bot.store.links import signed_request, signed_result
from bot.store.units import Row

T = TypeVar("T")

GATE = TypeAdapter(Gate)
REQUEST = TypeAdapter(GenerationRequest)
RESULT = TypeAdapter(Result)
FAILURE = TypeAdapter(Failure)
CIRCUMSTANCES = TypeAdapter(Circumstances)
CARRIED = TypeAdapter(tuple[CarriedReference, ...])


def to_json(adapter: TypeAdapter[T], value: T) -> str:
    """What a JSON column holds; fields at their default are left out, so that old rows read alike."""
    return adapter.dump_json(value, exclude_defaults=True).decode()


def job_of(row: Row, sealer: Sealer) -> Job:
    """A row of `job`, with its links signed."""
    request = REQUEST.validate_json(row["request"])
    return Job(
        id=row["id"],
        account_id=row["account_id"],
        flow_id=row["flow_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        user_id=row["user_id"],
        provider=row["provider"],
        state=JobState(row["state"]),
        request=signed_request(sealer, request, row["sealed_references"], row["references_expire_at"]),
        model_id=row["model_id"],
        is_private=bool(row["is_private"]),
        parent_id=row["parent_id"],
        reserved_credits=row["reserved_credits"],
        charged_credits=row["charged_credits"],
        generation_id=row["generation_id"],
        progress_percent=row["progress_percent"],
        preceding_tasks=row["preceding_tasks"],
        begun_at=row["begun_at"],
        cancel_code=None if row["cancel_code"] is None else FailureCode(row["cancel_code"]),
        result=_result_of(row, sealer),
        failure=None if row["failure"] is None else FAILURE.validate_json(row["failure"]),
        cancel_asked_at=row["cancel_asked_at"],
        created_at=row["created_at"],
        queued_at=row["queued_at"],
        submitted_at=row["submitted_at"],
        answered_at=row["answered_at"],
        finished_at=row["finished_at"],
        forget_asked_at=row["forget_asked_at"],
        circumstances=CIRCUMSTANCES.validate_json(row["circumstances"]),
    )


def _result_of(row: Row, sealer: Sealer) -> Result | None:
    if row["result"] is None:
        return None
    return signed_result(sealer, RESULT.validate_json(row["result"]), row["sealed_media"])


def card_of(row: Row, token: str | None) -> Card:
    """A row of `card`, with its token opened."""
    return Card(
        job_id=row["job_id"],
        kind=CardKind(row["kind"]),
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        token=token,
        token_expires_at=row["token_expires_at"],
        attachment_limit_bytes=row["attachment_limit_bytes"],
        references=CARRIED.validate_json(row["carried"]),
        state=CardState(row["state"]),
        wanted=row["wanted"],
        shown=row["shown"],
        posting_rung=None if row["posting_rung"] is None else Rung(row["posting_rung"]),
        posting_nonce=row["posting_nonce"],
        posting_since=row["posting_since"],
        delivered_at=row["delivered_at"],
        delivered_state=None if row["delivered_state"] is None else JobState(row["delivered_state"]),
    )
