"""What a guild has used: `/usage`, and the answers around its export."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.charts import Chart, Column
from bot.domain.days import local
from bot.domain.jobs import JobState
from bot.domain.usage import Grouping, Slice, UsageReport
from bot.ui.markdown import one_line, shorten
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Generated, Message, Picture
from bot.ui.texts import EN, Texts

NAME_LIMIT = 60
ALT_LIMIT = 1024
CHART_FILE = "usage.png"
LABEL_EVERY = {1: 3, 7: 1, 30: 5}
"""By days: so many columns share a label."""


def draw_usage(report: UsageReport, picture: bytes | None, texts: Texts = EN) -> Message:
    """One page. `picture`: of its chart; None where there is none."""
    total = report.total
    figures = "\n".join((texts.usage_title(report.days), texts.usage_credits(total), texts.usage_requests(total)))
    is_idle = not report.top
    attachments, gallery = ((), ()) if picture is None or is_idle else _pictures(report, picture, texts)
    return Message(
        Accent.WAITING,
        (texts.usage_title(report.days) + "\n" + texts.usage_nothing(),)
        if is_idle
        else (figures, _listed(report, texts), texts.usage_zone(one_line(report.time_zone, NAME_LIMIT))),
        gallery=gallery,
        attachments=attachments,
        rows=(tuple(_periods(report, texts)), (*_groupings(report, texts), _export(report.user_id, texts))),
    )


def chart_of(report: UsageReport, texts: Texts = EN) -> Chart:
    """Its credits over time. Of hours the first one has a label in any case, of days the last one: today."""
    every, named = LABEL_EVERY[report.days], 0 if report.days == 1 else len(report.bars) - 1
    columns = [
        Column(label if (named - number) % every == 0 else "", bar.credits)
        for number, (label, bar) in enumerate(zip(_labels(report, texts), report.bars, strict=True))
    ]
    return Chart(texts.usage_chart(report.days, report.time_zone), tuple(columns))


def _labels(report: UsageReport, texts: Texts) -> list[str]:
    label = texts.usage_hour if report.days == 1 else texts.usage_day
    return [label(local(bar.began_at, report.time_zone)) for bar in report.bars]


def _pictures(report: UsageReport, picture: bytes, texts: Texts) -> tuple[tuple[Generated], tuple[Picture]]:
    figures = [
        (label, bar.credits) for label, bar in zip(_labels(report, texts), report.bars, strict=True) if bar.credits
    ]
    alt = shorten(texts.usage_alt(texts.usage_chart(report.days, report.time_zone), figures), ALT_LIMIT)
    return (Generated(CHART_FILE, picture, alt),), (Picture(f"attachment://{CHART_FILE}", alt),)


def _listed(report: UsageReport, texts: Texts) -> str:
    lines = [texts.usage_line(n, _name(report, each, texts), each.tally) for n, each in enumerate(report.top, 1)]
    if report.rest_count:
        lines.append(texts.usage_rest(report.rest_count, report.rest))
    return "\n".join(lines)


def _name(report: UsageReport, each: Slice, texts: Texts) -> str:
    match report.grouping:
        case Grouping.MEMBER:
            return f"<@{each.key}>"
        case Grouping.MODEL:
            return one_line(report.names.get(each.key, each.key) or texts.default_model, NAME_LIMIT)
        case Grouping.OUTCOME:
            return texts.usage_outcomes[JobState(each.key)]


# ---------------------------------------------------------------- controls


def _periods(report: UsageReport, texts: Texts) -> Iterator[Button]:
    for days, label in texts.usage_periods.items():
        style = ButtonStyle.PRIMARY if days == report.days else ButtonStyle.SECONDARY
        yield Button(Action.USAGE, report.user_id, label, style, days, note=f"for/{report.grouping}")


def _groupings(report: UsageReport, texts: Texts) -> Iterator[Button]:
    for grouping, label in texts.usage_groupings.items():
        style = ButtonStyle.PRIMARY if grouping is report.grouping else ButtonStyle.SECONDARY
        yield Button(Action.USAGE, report.user_id, label, style, report.days, note=f"by/{grouping}")


def grouping_of(note: str) -> Grouping:
    """What a button's note says; both rows of buttons name it, each in its way, as no two can be alike."""
    name = note.partition("/")[2]
    return Grouping(name) if name in set(Grouping) else Grouping.MEMBER


def _export(user_id: int, texts: Texts) -> Button:
    return Button(Action.EXPORT, user_id, texts.export)


# ---------------------------------------------------------------- the export


def export_question(user_id: int, texts: Texts = EN) -> Message:
    """How far back it shall go; the index of a button counts days."""
    buttons = tuple(Button(Action.EXPORT, user_id, label, index=days) for days, label in texts.export_periods.items())
    return Message(Accent.WAITING, (texts.export_question(),), rows=(buttons,))


def exported(files: tuple[Generated, ...], told: str) -> Message:
    """Files to download."""
    return Message(Accent.DONE, (told,), files=tuple(file.filename for file in files), attachments=files)
