"""The short answers that only the asking member sees: `/models`, `/credits`, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from bot.domain.catalog import Catalog, Medium, Model
from bot.domain.gate import PauseReason
from bot.domain.jobs import Job
from bot.domain.problems import Problem
from bot.domain.views import CreditsView, Usage
from bot.ui.markdown import one_line, plain, shorten
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Message
from bot.ui.prices import price_range, price_table
from bot.ui.texts import EN, Texts

PAGE_LIMIT = 3800
ENTRY_LIMIT = 900
CHOICE_LIMIT = 100
"""Of an autocomplete choice's name (Discord, Application Command Option Choice)."""


def notice(text: str, accent: Accent = Accent.WAITING) -> Message:
    return Message(accent, (text,))


def refusal(problems: Iterable[Problem], texts: Texts = EN) -> Message:
    """Why a request was not taken, each reason once."""
    sentences = dict.fromkeys(texts.problem(problem) for problem in problems)
    return notice(next(_pages(sentences, "\n")), Accent.FAILED)


def confirmation(job: Job, texts: Texts = EN) -> Message:
    """Before the request of a job, which may have been charged, is made once more."""
    button = Button(Action.CONFIRM, job.id, texts.confirm, ButtonStyle.PRIMARY)
    return Message(Accent.UNSURE, (texts.confirm_again(job.reserved_credits),), rows=((button,),))


def apology(texts: Texts = EN) -> Message:
    return notice(texts.apology(), Accent.FAILED)


# ---------------------------------------------------------------- /models


def models_pages(
    catalog: Catalog,
    medium: Medium | None,
    usual_seconds: Mapping[str, float],
    troubles: Mapping[str, PauseReason] = MappingProxyType({}),
    texts: Texts = EN,
) -> tuple[Message, ...]:
    """All models of a medium (None: of every one), in as many messages as they need; at least one.

    `usual_seconds` (model id → seconds) goes before the catalogue's own timing. `troubles`: by provider.
    """
    if not catalog.models:
        return (notice(texts.no_models()),)
    entries = list(_entries(catalog, medium, usual_seconds, troubles, texts))
    if not entries:
        return (notice(texts.no_models_of(medium or Medium.IMAGE)),)
    if catalog.fetched_at is not None:
        entries.append(texts.told_at(catalog.fetched_at))
    return tuple(notice(page) for page in _pages(entries, "\n"))


def _entries(
    catalog: Catalog,
    medium: Medium | None,
    usual_seconds: Mapping[str, float],
    troubles: Mapping[str, PauseReason],
    texts: Texts,
) -> Iterator[str]:
    for kind in (Medium.IMAGE, Medium.VIDEO, None):
        models = [model for model in catalog.models if model.medium is kind]
        if not models or medium not in (None, kind):
            continue
        first, *rest = (_entry(model, catalog, usual_seconds, troubles.get(model.provider), texts) for model in models)
        # The heading stays with its first model when pages are cut.
        yield f"{texts.models_title(texts.headings[kind])}\n{first}"
        yield from rest


def _entry(
    model: Model, catalog: Catalog, usual_seconds: Mapping[str, float], trouble: PauseReason | None, texts: Texts
) -> str:
    usual = usual_seconds.get(model.id, model.timing.p50_seconds if model.timing else None)
    is_default = model.medium is not None and model == catalog.default(model.medium)
    head = texts.model_line(one_line(model.name, 80), price_range(model, texts), usual, is_default=is_default)
    kin = catalog.kin(model)
    facts = (
        " ".join(model.ratios),
        " ".join(model.resolutions),
        " ".join(model.qualities),
        " ".join(model.tiers),
        texts.durations(model.durations) if model.durations else "",
        texts.references(model.max_references),
        " ".join(model.poses),
        texts.multi_view if model.has_multi_view else "",
    )
    lines = [head, "-# " + " · ".join(one_line(fact, 250) for fact in facts if fact)]
    table = price_table(model, texts)
    if table:
        lines.append("-# " + table)
    lines += [f"-# {texts.also_at(_elsewhere(kin, texts))}"] if kin else []
    lines += [texts.trouble(trouble)] if trouble is not None else []
    return shorten("\n".join(lines), ENTRY_LIMIT)


def model_choice(model: Model, kin: Sequence[Model] = (), trouble: PauseReason | None = None, texts: Texts = EN) -> str:
    """How autocomplete names a model. `kin`: the same at other upstreams; `trouble`: why it cannot be had for now."""
    elsewhere = f" ({_elsewhere(kin, texts)})" if kin else ""
    mark = f"{texts.trouble(trouble)} · " if trouble is not None else ""
    return shorten(f"{mark}{plain(model.name)} · {price_range(model, texts)}{elsewhere}", CHOICE_LIMIT)


def _elsewhere(kin: Sequence[Model], texts: Texts) -> str:
    return ", ".join(f"{texts.provider(model.provider)}: {price_range(model, texts)}" for model in kin)


def _pages(entries: Iterable[str], between: str) -> Iterator[str]:
    page = ""
    for entry in entries:
        longer = f"{page}{between}{entry}" if page else shorten(entry, PAGE_LIMIT)
        if len(longer) > PAGE_LIMIT:
            yield page
            longer = shorten(entry, PAGE_LIMIT)
        page = longer
    yield page


# ---------------------------------------------------------------- /credits


def credits_page(view: CreditsView, texts: Texts = EN) -> Message:
    """Balances as last told, and what was used today."""
    balances = [
        texts.balance(a.provider, a.purchased_credits, a.told_at, is_unlimited=a.is_unlimited, is_own=a.is_own)
        + ("" if a.pause_reason is None else f"\n{texts.pause(a.pause_reason, is_own_key=a.is_own)}")
        for a in view.accounts
    ]
    used = [] if view.guild is None else [_usage(texts.this_guild, view.guild, texts)]
    used.append(_usage(texts.you, view.member, texts))
    return Message(
        Accent.WAITING,
        (
            "\n".join([texts.credits_title, *(balances or [texts.no_accounts()])]),
            "\n".join([*used, texts.day_began(view.day_began_at)]),
        ),
    )


def _usage(whose: str, usage: Usage, texts: Texts) -> str:
    return texts.usage(whose, usage.spent_credits, usage.reserved_credits, usage.jobs, usage.unpriced)
