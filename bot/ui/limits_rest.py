"""Pages of the moderators' panel: how results are shown, stop and go, the own key, recent changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.jobs import Job, JobState
from bot.domain.keys import KEY_MAX_CHARACTERS, KeyView
from bot.ui.areas import Area
from bot.ui.limits_changes import told_change
from bot.ui.limits_panel import OPTIONS_MAX, Page, Panel, choices, option, setter
from bot.ui.messages import (
    Action,
    Button,
    ButtonStyle,
    ChoiceField,
    EntityKind,
    EntityMenu,
    Entry,
    Field,
    Form,
    Option,
    Row,
    TextField,
)
from bot.ui.texts import EN, Texts

OFF, ON = 0, 1
"""What a button that switches says, as its index."""
ASK, DO = 0, 1
"""The same of one that is to be confirmed."""
JOBS_SHOWN = 20
KEY, PROVIDER = "key", "provider"
"""The names of fields. What is typed into the first one is masked in the log by that name."""


# ---------------------------------------------------------------- how it is shown


def looks_page(panel: Panel, texts: Texts) -> Page:
    held = panel.view.held
    spoilers = texts.uncover if held.spoilers else texts.cover
    age = texts.allow_any_age if held.age_restricted_only else texts.restrict_age
    return Page(
        (
            Entry(texts.looks_hint),
            Entry(
                texts.spoilers_on if held.spoilers else texts.spoilers_off,
                row=(setter(panel, spoilers, "spoilers", OFF if held.spoilers else ON),),
            ),
            Entry(
                texts.age_on if held.age_restricted_only else texts.age_off,
                row=(setter(panel, age, "age_restricted_only", OFF if held.age_restricted_only else ON),),
            ),
            _log(panel, texts),
        ),
        ((setter(panel, texts.no_log, "log_channel", OFF),),) if held.log_channel is not None else (),
    )


def _log(panel: Panel, texts: Texts) -> Entry:
    channel = panel.view.held.log_channel
    lines = [texts.log_none if channel is None else texts.log_line(panel.channel(channel, texts))]
    if panel.log_lacks:
        lines.append(texts.log_unwritable(panel.log_lacks))
    elif panel.view.log_closed_since is not None:
        lines.append(texts.log_closed(panel.view.log_closed_since))
    there = (channel,) if channel is not None and panel.known.has_channel(channel) else ()
    menu = EntityMenu(
        Action.LIMIT,
        panel.user_id,
        texts.choose_log,
        EntityKind.CHANNEL,
        there,
        index=ON,
        note="log_channel",
    )
    return Entry("\n".join(lines), row=(menu,))


def looks_summary(panel: Panel, texts: Texts) -> str:
    held = panel.view.held
    log = "" if held.log_channel is None else panel.channel(held.log_channel, texts)
    return texts.looks_summary(spoilers=held.spoilers, age_restricted_only=held.age_restricted_only, log=log)


# ---------------------------------------------------------------- stop and go


def flow_page(panel: Panel, texts: Texts) -> Page:
    if panel.place.asks:
        return _clear_question(panel, texts)
    is_paused = panel.view.held.is_paused
    go = setter(panel, texts.resume_all, "is_paused", OFF, ButtonStyle.SUCCESS)
    stop = setter(panel, texts.pause_all, "is_paused", ON, ButtonStyle.DANGER)
    buttons = (
        go if is_paused else stop,
        Button(Action.LIMIT, panel.user_id, texts.clear_queue, index=ASK, note="queue", is_disabled=not waiting(panel)),
        Button(Action.LIMITS, panel.user_id, texts.look_again, index=0, note=Area.FLOW),
    )
    state = texts.flow_paused if is_paused else texts.flow_running
    counts = texts.flow_counts(len(panel.jobs) - waiting(panel), waiting(panel))
    return Page((Entry(f"{state}\n{counts}", row=buttons), Entry(_jobs(panel, texts))), tuple(_call_back(panel, texts)))


def waiting(panel: Panel) -> int:
    return sum(job.state in (JobState.OFFERED, JobState.QUEUED) for job in panel.jobs)


def _clear_question(panel: Panel, texts: Texts) -> Page:
    count = waiting(panel)
    buttons = (
        setter(panel, texts.clear_them(count), "queue", DO, ButtonStyle.DANGER),
        Button(Action.LIMITS, panel.user_id, texts.never_mind, index=0, note=Area.FLOW),
    )
    return Page((Entry(texts.clear_question(count), row=buttons),))


def _jobs(panel: Panel, texts: Texts) -> str:
    if not panel.jobs:
        return texts.nothing_under_way
    lines = [texts.numbered(number, _job(panel, job, texts)) for number, job in enumerate(panel.jobs[:JOBS_SHOWN], 1)]
    if len(panel.jobs) > JOBS_SHOWN:
        lines.append(texts.and_more(len(panel.jobs) - JOBS_SHOWN))
    return "\n".join(lines)


def _job(panel: Panel, job: Job, texts: Texts) -> str:
    name = panel.model(job.model_id or job.request.model_id, texts)
    return texts.job_line(job.user_id, name, job.state, job.created_at, is_called=job.cancel_asked_at is not None)


def _call_back(panel: Panel, texts: Texts) -> Iterator[Row]:
    """Numbered as the lines above: a menu shows no member's name."""
    options = [
        option(texts.numbered(number, job_choice(panel, job, texts)), str(job.id))
        for number, job in enumerate(panel.jobs[:JOBS_SHOWN], 1)
        if job.cancel_asked_at is None
    ]
    if options:
        yield (choices(panel, texts.call_back, "job", options),)


def job_choice(panel: Panel, job: Job, texts: Texts = EN) -> str:
    """A job as a menu tells it, in plain letters."""
    return texts.job_choice(panel.model_name(job.model_id or job.request.model_id, texts), job.state)


def flow_summary(panel: Panel, texts: Texts) -> str:
    is_paused = panel.view.held.is_paused
    return texts.flow_summary(len(panel.jobs) - waiting(panel), waiting(panel), is_paused=is_paused)


# ---------------------------------------------------------------- own key


def key_page(panel: Panel, texts: Texts) -> Page:
    asked = _key_of(panel, panel.place.asks)
    if asked is not None:
        return _remove_question(panel, asked, texts)
    lines = [_key(panel, provider, texts) for provider in panel.providers]
    enter = Button(
        Action.LIMIT_KEY, panel.user_id, texts.replace_key if panel.keys else texts.enter_key, ButtonStyle.PRIMARY
    )
    remove = [setter(panel, texts.remove_key, f"own_key/{key.provider}", ASK, ButtonStyle.DANGER) for key in panel.keys]
    return Page((Entry(texts.key_hint), Entry("\n".join(lines), row=(enter, *remove))))


def _key_of(panel: Panel, provider: str) -> KeyView | None:
    return next((key for key in panel.keys if key.provider == provider), None)


def _key(panel: Panel, provider: str, texts: Texts) -> str:
    key = _key_of(panel, provider)
    if key is None:
        return texts.no_key(provider)
    told = [texts.key_line(provider, key.last_four, key.state, key.entered_by, key.entered_at)]
    if key.balance_credits is not None:
        told.append(texts.key_balance(key.balance_credits))
    if key.next_try_at is not None:
        told.append(texts.key_tried_again(key.next_try_at))
    return " ".join(told)


def _remove_question(panel: Panel, key: KeyView, texts: Texts) -> Page:
    buttons = (
        setter(panel, texts.remove_key, f"own_key/{key.provider}", DO, ButtonStyle.DANGER),
        Button(Action.LIMITS, panel.user_id, texts.never_mind, index=0, note=Area.KEY),
    )
    return Page((Entry(texts.remove_key_question(key.provider, key.last_four), row=buttons),))


def key_form(form_id: int, providers: Sequence[str], texts: Texts = EN) -> Form:
    """Where there is only one service, nobody is asked which."""
    fields: list[Field] = [
        TextField(KEY, texts.key_field, hint=texts.key_field_hint, is_required=True, most_characters=KEY_MAX_CHARACTERS)
    ]
    if len(providers) > 1:
        options = tuple(Option(texts.provider(name), name, is_chosen=name == providers[0]) for name in providers)
        fields.append(ChoiceField(PROVIDER, texts.key_provider, options[:OPTIONS_MAX]))
    return Form(Action.LIMIT_KEY, form_id, texts.key_title, tuple(fields))


def key_summary(panel: Panel, texts: Texts) -> str:
    return texts.key_summary([(key.provider, key.last_four) for key in panel.keys])


# ---------------------------------------------------------------- recent changes


def changes_page(panel: Panel, texts: Texts) -> Page:
    lines = [texts.change_line(each.user_id, each.at, told_change(panel, each, texts)) for each in panel.changes]
    buttons: list[Button] = []
    if panel.place.before is not None:
        buttons.append(Button(Action.LIMITS, panel.user_id, texts.newest, index=0, note=Area.CHANGES))
    if panel.has_older:
        last = panel.changes[-1].id
        buttons.append(Button(Action.LIMITS, panel.user_id, texts.older, index=1, note=f"{Area.CHANGES}/{last}"))
    return Page((Entry("\n".join(lines) or texts.no_changes, row=tuple(buttons)),))


def changes_summary(panel: Panel, texts: Texts) -> str:
    if not panel.changes:
        return texts.no_changes
    last = panel.changes[0]
    return texts.change_line(last.user_id, last.at, told_change(panel, last, texts))
