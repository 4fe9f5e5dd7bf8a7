"""The audit trail as CSV (RFC 4180), in UTF-8 with a byte order mark, by which spreadsheets know it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from bot.domain.audit import GenerationRecord
from bot.domain.days import local
from bot.domain.jobs import Failure
from bot.domain.limits import Change
from bot.domain.links import unsigned, unsigned_words
from bot.ui.texts import EN, Texts

GENERATIONS, CHANGES = "generations.csv", "changes.csv"

Cells = Sequence[str]

# What a spreadsheet would compute: at the beginning of a cell, or of what becomes one in a program that parts cells
# elsewhere (OWASP, CSV Injection).
_FORMULA = re.compile("(^|[;\t\r\n])( *)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def head_of(name: str, texts: Texts = EN) -> bytes:
    """The byte order mark, and the names of the columns."""
    return b"\xef\xbb\xbf" + rows_of([texts.export_columns[name]])


def rows_of(rows: Iterable[Cells]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([inert(cell) for cell in row] for row in rows)
    # A half of a surrogate pair cannot be written otherwise.
    return file.getvalue().encode("utf-8", "replace")


def inert(cell: str) -> str:
    """`cell` so that no spreadsheet computes anything of it."""
    return _FORMULA.sub(r"\1\2'", cell)


def generation_cells(record: GenerationRecord, time_zone: str, texts: Texts = EN) -> Cells:
    """One row. Ids stand as Discord writes mentions: spreadsheets would round the bare numbers."""
    return (
        f"#{record.id}",
        _moment(record.asked_at, time_zone),
        _moment(record.ended_at, time_zone),
        f"<@{record.user_id}>",
        f"<#{record.channel_id}>",
        texts.export_yes if record.is_private else texts.export_no,
        texts.mediums[record.medium],
        record.model_id or "",
        texts.export_forgotten if record.prompt is None else unsigned_words(record.prompt),
        texts.usage_outcomes[record.state],
        _reason(record.failure),
        _figure(record.charged_credits),
        _figure(record.reserved_credits),
        "\n".join(map(unsigned, record.result_urls)),
        record.card_url or "",
    )


def change_cells(change: Change, time_zone: str, texts: Texts = EN) -> Cells:
    """One row; the values as they are kept."""
    name = texts.setting(change.name)
    return (_moment(change.at, time_zone), f"<@{change.user_id}>", name, change.old, change.new)


def _moment(at: float | None, time_zone: str) -> str:
    return "" if at is None else local(at, time_zone).isoformat(timespec="seconds")


def _figure(count: int | None) -> str:
    return "" if count is None else str(count)


def _reason(failure: Failure | None) -> str:
    if failure is None:
        return ""
    return unsigned_words(f"{failure.code}: {failure.message}" if failure.message else failure.code)
