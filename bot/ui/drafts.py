"""What a member sees before something starts: the panel of a draft, and its form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.catalog import Medium, Model
from bot.domain.drafts import DraftView, price_seen
from bot.domain.problems import ProblemCode
from bot.domain.requests import GenerationRequest
from bot.ui.markdown import one_line, plain, prompt_block, shorten
from bot.ui.messages import (
    Accent,
    Action,
    Button,
    ButtonStyle,
    ChoiceField,
    Field,
    FileField,
    Form,
    Menu,
    Message,
    Option,
    Row,
    TextField,
)
from bot.ui.texts import EN, Texts

PROMPT_SHOWN = 1500
PROBLEMS_SHOWN = 1200
TYPED_MAX_CHARACTERS = 4000
"""Of a text input (Discord, Component Reference)."""
OPTIONS_MAX = 25
FILES_MAX = 10
"""Of a file upload (Discord, Component Reference)."""
OPTION_LIMIT = 100
PROMPT, OPTIONS, MODEL, FILE, REFERENCES = "prompt", "options", "model", "file", "references"
"""The names of a form's fields."""


def draw_draft(view: DraftView, texts: Texts = EN, *, is_price_new: bool = False) -> Message:
    """The panel: what will be made, what can still be chosen, and what it costs.

    `is_price_new`: it was confirmed, but at another price than it has now.
    """
    draft, request = view.draft, view.draft.request
    title = texts.draft_title(request.medium, continues=request.reference_video is not None)
    paragraphs = (
        title,
        prompt_block(draft.prompt, PROMPT_SHOWN),
        _details(view, texts),
        "\n".join([*([texts.price_changed()] if is_price_new else []), *_price(view, texts)]),
        _problems(view, texts),
    )
    buttons = (
        _start(view, texts),
        Button(Action.CHANGE, draft.id, texts.change),
        Button(Action.DISCARD, draft.id, texts.discard),
    )
    return Message(
        Accent.FAILED if _is_wrong(view) else Accent.WAITING,
        tuple(paragraph for paragraph in paragraphs if paragraph),
        rows=(*_menus(view, texts), buttons),
    )


def _is_wrong(view: DraftView) -> bool:
    """Words that are still to be found are no mistake."""
    return any(problem.code is not ProblemCode.PROMPT_EMPTY for problem in view.problems)


def _start(view: DraftView, texts: Texts) -> Button:
    """It carries the price that stands above it, so that no other one is confirmed with it."""
    return Button(
        Action.START,
        view.draft.id,
        texts.start,
        ButtonStyle.SUCCESS,
        index=0,
        note=price_seen(view.price_credits),
        is_disabled=bool(view.problems),
    )


def _problems(view: DraftView, texts: Texts) -> str:
    if view.problems and not _is_wrong(view):
        return texts.words_wanted(view.draft.request.medium)
    return shorten("\n".join(dict.fromkeys(texts.problem(problem) for problem in view.problems)), PROBLEMS_SHOWN)


def _details(view: DraftView, texts: Texts) -> str:
    request = view.draft.request
    name = view.model.name if view.model is not None else request.model_id or texts.default_model
    count = texts.references(len(request.references)) if request.references else ""
    choices = (name, *choices_of(request, texts), count)
    return "-# " + " · ".join(one_line(choice, 80) for choice in choices if choice)


def choices_of(request: GenerationRequest, texts: Texts = EN) -> tuple[str | None, ...]:
    """What was chosen of what many models have; None or "" where nothing was."""
    views = texts.multi_view if request.multi_view else ""
    quality = texts.quality(request.quality)
    return request.aspect_ratio, request.resolution, quality, request.tier, request.pose_mode, views


def _price(view: DraftView, texts: Texts) -> Iterator[str]:
    if view.draft.request.reference_video_seconds is not None:
        yield texts.measured(view.draft.request.reference_video_seconds)
    yield texts.draft_price(view.price_credits, view.balance_credits)
    if is_balance_low(view.price_credits, view.balance_credits):
        assert view.balance_credits is not None
        yield texts.balance_low(view.balance_credits)


def is_balance_low(price_credits: int | None, balance_credits: int | None) -> bool:
    """Whether a known balance looks too low for a known price. It only warns: the upstream alone refuses."""
    return price_credits is not None and balance_credits is not None and balance_credits < price_credits


# ---------------------------------------------------------------- menus


def _menus(view: DraftView, texts: Texts) -> Iterator[Row]:
    """Of a video all that its model leaves open; a picture's choices are flags, in the form."""
    request, model = view.draft.request, view.model
    if request.medium is not Medium.VIDEO:
        return
    models = [(each.name, each.id) for each in view.models]
    yield from _menu(view, Action.MODEL, models, None if model is None else model.id, texts)
    if model is None:
        return
    seconds = request.duration_seconds or model.default_duration
    tier = request.tier or model.default_tier
    resolution = request.resolution or model.default_resolution
    yield from _menu(
        view, Action.DURATION, [(texts.seconds_choice(s), str(s)) for s in model.durations], str(seconds), texts
    )
    yield from _menu(view, Action.TIER, [(each, each) for each in model.tiers], tier, texts)
    resolutions = model.resolutions_in(tier)
    yield from _menu(view, Action.RESOLUTION, [(each, each) for each in resolutions], resolution, texts)


def _menu(
    view: DraftView, action: Action, choices: Sequence[tuple[str, str]], chosen: str | None, texts: Texts
) -> Iterator[Row]:
    options = _options(choices, chosen)
    if len(options) > 1 or any(not option.is_chosen for option in options):
        yield (Menu(action, view.draft.id, texts.menus[action], options),)


def _options(choices: Sequence[tuple[str, str]], chosen: str | None) -> tuple[Option, ...]:
    """As many as a menu holds, no value twice; the chosen one is among them."""
    options = {
        value: Option(shorten(plain(label).strip() or value, OPTION_LIMIT), value, is_chosen=value == chosen)
        for label, value in choices
        if value.strip() and len(value) <= OPTION_LIMIT
    }
    found = list(options.values())
    late = [option for option in found[OPTIONS_MAX:] if option.is_chosen]
    return (*found[: OPTIONS_MAX - len(late)], *late)


# ---------------------------------------------------------------- the form


def draft_form(view: DraftView, texts: Texts = EN) -> Form:
    """The form of a draft, filled with the words and flags as they are. A prompt too long for it stays as it is."""
    return Form(Action.FORM, view.draft.id, texts.form_title, tuple(_fields(view, texts)))


def _fields(view: DraftView, texts: Texts) -> Iterator[Field]:
    is_picture, prompt = view.draft.request.medium is Medium.IMAGE, view.draft.prompt
    fits = len(prompt) <= TYPED_MAX_CHARACTERS
    yield TextField(
        PROMPT, texts.form_prompt, prompt if fits else "", "" if fits else texts.form_prompt_kept, is_long=True
    )
    hint = texts.form_options_hint if is_picture else texts.form_video_options_hint
    yield TextField(OPTIONS, texts.form_options, view.draft.options[:TYPED_MAX_CHARACTERS], hint)
    # Of a video the panel has a menu of models.
    models = _model_options(view.models, view.model) if is_picture else ()
    if models:
        yield ChoiceField(MODEL, texts.form_model, models)
    yield FileField(FILE, texts.form_file, hint=texts.form_file_hint)
    most = max((model.max_references for model in view.models), default=0)
    if most and view.draft.request.reference_video is None:
        yield FileField(REFERENCES, texts.form_references, min(most, FILES_MAX), texts.form_references_hint)


def _model_options(models: Sequence[Model], chosen: Model | None) -> tuple[Option, ...]:
    return _options([(model.name, model.id) for model in models], None if chosen is None else chosen.id)
