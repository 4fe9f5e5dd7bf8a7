"""Server-sent events out of chunks of bytes: framed here, read by sseclient-py, which leaves the wire to us."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sseclient import SSEClient

from bot.errors import Unavailable

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class Event(NamedTuple):
    name: str
    data: str


class EventReader:
    """Takes chunks as they come, however they are cut. Comments, of which keep-alives are made, are passed by."""

    def __init__(self) -> None:
        self._left = b""

    def take(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes. Raises Unavailable of what is no UTF-8."""
        *whole, self._left = _END.split(self._left + chunk)
        for block in whole:
            try:
                yield from (Event(event.event, event.data) for event in SSEClient(iter([block + b"\n\n"])).events())
            except ValueError:
                raise Unavailable("an event that is no text in UTF-8") from None
