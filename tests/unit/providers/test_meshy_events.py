"""Server-sent events, however the bytes are cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Unavailable
from bot.providers.meshy.events import Event, EventReader
from tests.support.meshy_samples import STREAM_PENDING, TASK

STREAM = (
    ": keep-alive\n\n"
    f"event: message\ndata: {json.dumps(STREAM_PENDING)}\n\n"
    ": keep-alive\n\n"
    f"id: 7\nevent: message\ndata: {json.dumps(TASK | {'prompt': 'ein Häuschen 🏠'}, ensure_ascii=False)}\n\n"
).encode()
EVENTS = [
    Event("message", json.dumps(STREAM_PENDING)),
    Event("message", json.dumps(TASK | {"prompt": "ein Häuschen 🏠"}, ensure_ascii=False)),
]


def read(*chunks: bytes) -> list[Event]:
    reader = EventReader()
    return [event for chunk in chunks for event in reader.take(chunk)]


def test_a_stream_in_one_piece() -> None:
    assert read(STREAM) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_a_stream_cut_anywhere(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in pairwise(ends))) == EVENTS


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line(end: bytes) -> None:
    assert read(b"event: error" + end + b"data: 1" + end + b"data: 2" + end + end) == [Event("error", "1\n2")]


def test_an_event_without_its_end_is_none() -> None:
    assert read(b"data: half") == []


def test_without_a_name_it_is_a_message() -> None:
    assert read(b"data:x\n\n") == [Event("message", "x")]


def test_what_is_no_text() -> None:
    with pytest.raises(Unavailable):
        read(b"data: \xff\xfe\n\n")
