"""The audit trail as CSV: read back as it was, dated by the guild's clock, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import GenerationRecord
from bot.domain.catalog import Medium
from bot.domain.jobs import Failure, FailureCode, JobState
from bot.domain.limits import Change
from bot.ui.export import CHANGES, GENERATIONS, change_cells, generation_cells, head_of, inert, rows_of
from tests.unit.ui.make import NOW

RECORD = GenerationRecord(
    id=7_372_800_000_000_001,
    user_id=1_234_567_890_123_456_789,
    channel_id=50,
    is_private=False,
    medium=Medium.IMAGE,
    model_id="swift-1",
    prompt="a cat",
    state=JobState.SUCCEEDED,
    failure=None,
    charged_credits=5,
    reserved_credits=4,
    asked_at=NOW,
    ended_at=NOW + 30,
    result_urls=("https://img.test/1.png", "https://img.test/2.png"),
    card_url="https://discord.com/channels/5/50/60",
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def told(zone: str = "UTC", **changes: Any) -> dict[str, str]:
    """A row, written and read back, by the names of its columns."""
    content = head_of(GENERATIONS) + rows_of([generation_cells(replace(RECORD, **changes), zone)])
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    assert None not in row
    return row


def test_a_generation_is_told_with_all_that_is_known() -> None:
    assert told() == {
        "request": "#7372800000000001",
        "asked at": "2026-05-28T20:26:40+00:00",
        "ended at": "2026-05-28T20:27:10+00:00",
        "member": "<@1234567890123456789>",
        "channel": "<#50>",
        "private": "no",
        "kind": "picture",
        "model": "swift-1",
        "prompt": "a cat",
        "outcome": "Ready",
        "reason": "",
        "credits charged": "5",
        "credits estimated": "4",
        "results": "https://img.test/1.png\nhttps://img.test/2.png",
        "message": "https://discord.com/channels/5/50/60",
    }


def test_what_is_not_known_is_empty() -> None:
    row = told(model_id=None, charged_credits=None, reserved_credits=None, ended_at=None, result_urls=(), card_url=None)
    names = ("model", "credits charged", "credits estimated", "ended at", "results", "message")
    assert [row[name] for name in names] == [""] * 6


def test_times_are_by_the_guilds_clock() -> None:
    assert told("Europe/Berlin")["asked at"] == "2026-05-28T22:26:40+02:00"
    assert told("Asia/Kathmandu")["asked at"] == "2026-05-29T02:11:40+05:45"


def test_what_is_forgotten_has_no_words() -> None:
    assert told(prompt=None)["prompt"] == "(forgotten)"


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_a_word(state: JobState) -> None:
    assert told(state=state)["outcome"]


def test_why_it_failed_is_told() -> None:
    failure = Failure(FailureCode.REJECTED, "not this, see https://img.test/x.png?sig=secret")
    assert told(failure=failure)["reason"] == "rejected: not this, see https://img.test/x.png"
    assert told(failure=Failure(FailureCode.CARD_DELETED))["reason"] == "card_deleted"


def test_no_link_keeps_what_may_be_its_signature() -> None:
    row = told(
        prompt="like https://cdn.test/a.png?ex=1&hm=secret but blue",
        result_urls=("https://img.test/1.png?X-Signature=secret",),
    )
    assert row["prompt"] == "like https://cdn.test/a.png but blue"
    assert row["results"] == "https://img.test/1.png"


def test_a_change_is_told_as_it_is_kept() -> None:
    change = Change(1, 5, 99, NOW, "blocked_words", '["a"]', '["a", "b, c"]')
    content = head_of(CHANGES) + rows_of([change_cells(change, "UTC")])
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert list(row.values()) == [
        "2026-05-28T20:26:40+00:00", "<@99>", "Blocked words", '["a"]', '["a", "b, c"]',
    ]  # fmt: skip


def test_a_setting_of_another_version_is_told_by_its_name() -> None:
    assert change_cells(Change(1, 5, 99, NOW, "later_setting", "1", "2"), "UTC")[2] == "later_setting"


# ---------------------------------------------------------------- the form


def test_it_begins_with_the_mark_by_which_spreadsheets_know_utf8() -> None:
    assert head_of(GENERATIONS).startswith(BYTE_ORDER_MARK + b"request,")
    assert not rows_of([("a",)]).startswith(BYTE_ORDER_MARK)


@pytest.mark.parametrize("prompt", ['a "cat"', "a, b", "line\nline", "line\r\nline", "ümläut 猫 🐈", '"', ",", '"\n",'])
def test_quotes_commas_and_lines_are_read_back(prompt: str) -> None:
    assert told(prompt=prompt)["prompt"] == prompt


def test_lines_end_as_rfc_4180_says() -> None:
    assert rows_of([("a", 'b"c'), ("d", "")]) == b'a,"b""c"\r\nd,\r\n'


def test_half_a_character_breaks_nothing() -> None:
    assert rows_of([("a\ud83d",)]) == b"a?\r\n"


# ---------------------------------------------------------------- formulas

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    '=HYPERLINK("https://evil.test","click")',
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("before", ["", " ", "   ", "\t", "\r", "\n", "a cat\n", "a cat\r\n", "a;", "a;  ", "a\t"])
def test_what_a_spreadsheet_would_compute_is_inert(before: str, formula: str) -> None:
    assert inert(before + formula) == f"{before}'{formula}"


@pytest.mark.parametrize(
    "text", ["a cat", "1-1", "a=b", "a @b", "<@7>", "#7", "", " ", "a; b", "2026-05-28T20:26:40+00:00"]
)
def test_what_computes_nothing_stays(text: str) -> None:
    assert inert(text) == text


@given(st.text(alphabet="=+-@\uff1d \t\r\n;'\"a,", max_size=12))
def test_no_cell_ever_begins_like_a_formula_however_cells_are_parted(text: str) -> None:
    for part in re.split("[;\t\r\n]", inert(text)):
        assert not re.match(" *[=+\\-@\uff1d]", part)


def test_a_cell_of_every_column_is_inert() -> None:
    row = told(prompt="=1", model_id="@x", failure=Failure(FailureCode.REJECTED, "x;=1"), result_urls=("=2",))
    assert (row["prompt"], row["model"], row["results"]) == ("'=1", "'@x", "'=2")
    assert row["reason"] == "rejected: x;'=1"
