"""Requests as the clients of all upstreams make them: a key goes into one header, and out of whatever comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.errors import KeyRejected, NotSent, OutcomeUnknown, Unavailable
from bot.net import Answer, NetError, NoAnswer, Pool, Unsent
from bot.providers.keys import bearer, blotted, is_sendable, without


async def submitted(pool: Pool, url: str, body: Mapping[str, Any], key: str) -> Answer:
    """The answer to a POST that may cost, made once. Raises KeyRejected, NotSent, OutcomeUnknown."""
    if not is_sendable(key):
        raise KeyRejected("It has characters in it that no key has.")
    headers = {**bearer(key), "content-type": "application/json"}
    try:
        answer = await pool.request("POST", url, headers, json.dumps(body).encode())
    except Unsent as error:
        raise NotSent(blotted(error.detail, key)) from error
    except NoAnswer as error:
        if error.head is None or not error.head.is_client_error:
            raise OutcomeUnknown(blotted(error.detail, key), is_answered=error.head is not None) from error
        # A refusal is one whether or not its body came through.
        answer = Answer(error.head, b"")
    return without(key, answer)


async def asked(pool: Pool, method: str, url: str, key: str | None) -> Answer:
    """The answer to what costs nothing. `key` None: nobody's. Raises Unavailable."""
    headers = None if key is None else bearer(checked(key))
    try:
        answer = await pool.request(method, url, headers)
    except NetError as error:
        head = error.head if isinstance(error, NoAnswer) else None
        if head is None or head.is_success:
            raise Unavailable(blotted(error.detail, key or "")) from error
        # A failure is one whether or not its body came through.
        answer = Answer(head, b"")
    return without(key or "", answer)


def checked(key: str) -> str:
    """Raises Unavailable of a key that no header can carry."""
    if not is_sendable(key):
        raise Unavailable("the key has characters in it that no key has", key_rejected=True)
    return key
