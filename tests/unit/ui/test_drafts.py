"""The panel of a draft and its form: what they say, what can be chosen, and Discord's limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model
from bot.domain.drafts import Draft, DraftView
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import GenerationRequest, Reference
from bot.ui.buttons import custom_id
from bot.ui.drafts import (
    FILE,
    FILES_MAX,
    MODEL,
    OPTIONS,
    OPTIONS_MAX,
    PROMPT,
    REFERENCES,
    TYPED_MAX_CHARACTERS,
    draft_form,
    draw_draft,
    is_balance_low,
)
from bot.ui.messages import Accent, Action, Button, ChoiceField, FileField, Menu, Message, Option, TextField
from tests.support.builders import model
from tests.unit.ui.make import NOW, text_of

CINEMA = model(
    id="cinema-1",
    name="Cinema",
    medium=Medium.VIDEO,
    resolutions=("480p", "720p", "1080p"),
    default_resolution="480p",
    tiers=("fast", "pro"),
    default_tier="fast",
    tier_resolutions={"fast": ("480p", "720p")},
    durations=(4, 5),
    default_duration=5,
)
SHORT = model(id="short-1", name="Short", medium=Medium.VIDEO, resolutions=(), durations=(8,), default_duration=8)
VIDEO = GenerationRequest("a cat", Medium.VIDEO, "cinema-1", "16:9")


def view(request: GenerationRequest = VIDEO, of: Model | None = CINEMA, **changes: Any) -> DraftView:
    named = {name: changes.pop(name) for name in ("options", "words") if name in changes}
    draft = Draft(77, 7, request, "", None, is_private=False, created_at=NOW)
    return replace(DraftView(replace(draft, **named), of, (CINEMA, SHORT), (), 65), **changes)


def menus(message: Message) -> dict[Action, Menu]:
    return {item.action: item for row in message.rows for item in row if isinstance(item, Menu)}


def chosen(menu: Menu) -> list[str]:
    return [option.value for option in menu.options if option.is_chosen]


def buttons(message: Message) -> list[Button]:
    return [item for row in message.rows for item in row if isinstance(item, Button)]


# ---------------------------------------------------------------- the panel


def test_a_panel_says_what_will_be_made_and_what_it_costs() -> None:
    message = draw_draft(view(replace(VIDEO, references=(Reference("https://a.test/1.png"),))))
    assert message.texts == (
        "**Make this video?**",
        "a cat",
        "-# Cinema · 16:9 · 1 reference",
        "It costs **65 credits**.",
    )
    assert message.accent is Accent.WAITING
    assert [(each.action, each.label, each.is_disabled) for each in buttons(message)] == [
        (Action.START, "Confirm", False),
        (Action.CHANGE, "Change the words", False),
        (Action.DISCARD, "Never mind", False),
    ]


@pytest.mark.parametrize(
    ("price", "balance", "said"),
    [
        (None, None, "What it costs is not known."),
        (None, 10, "What it costs is not known. There are 10 credits left."),
        (65, 65, "It costs **65 credits**. There are 65 credits left."),
        (
            65,
            64,
            (
                "It costs **65 credits**. There are 64 credits left.\n"
                "Only 64 credits were left when last told, so it may be refused. That costs nothing."
            ),
        ),
    ],
)
def test_the_price_and_what_is_left(price: int | None, balance: int | None, said: str) -> None:
    assert draw_draft(view(price_credits=price, balance_credits=balance)).texts[-1] == said


@pytest.mark.parametrize(
    ("price", "balance", "is_low"), [(65, 64, True), (65, 65, False), (None, 0, False), (65, None, False)]
)
def test_only_a_known_balance_below_a_known_price_is_low(
    price: int | None,
    balance: int | None,
    is_low: bool,  # noqa: FBT001  a parameter
) -> None:
    assert is_balance_low(price, balance) is is_low


@pytest.mark.parametrize(("price", "note"), [(65, "65"), (None, "unknown")])
def test_the_button_confirms_the_price_that_stands_above_it(price: int | None, note: str) -> None:
    start, *_ = buttons(draw_draft(view(price_credits=price)))
    assert custom_id(start) == f"easel:start:77:0:{note}"


def test_a_new_price_is_said_to_be_new() -> None:
    assert "has changed" not in text_of(draw_draft(view()))
    assert "The price has changed since you saw it." in text_of(draw_draft(view(), is_price_new=True))


def test_of_a_continuation_the_measured_length_is_told() -> None:
    message = draw_draft(view(replace(VIDEO, reference_video="https://v.test/1.mp4", reference_video_seconds=3.97)))
    assert message.texts[0] == "**Go on from this video?**"
    assert "The video so far is 4.0 s long." in text_of(message)


def test_what_is_wrong_is_said_once_and_cannot_be_confirmed() -> None:
    twice = (Problem(ProblemCode.NO_MODEL), Problem(ProblemCode.NO_MODEL))
    message = draw_draft(view(problems=twice))
    assert message.accent is Accent.FAILED
    assert text_of(message).count("No model that works now") == 1
    assert [each.is_disabled for each in buttons(message)] == [True, False, False]


def test_words_still_to_be_found_are_no_mistake() -> None:
    message = draw_draft(view(problems=(Problem(ProblemCode.PROMPT_EMPTY),)))
    assert message.accent is Accent.WAITING
    assert "*Change the words* to say what happens in it." in text_of(message)
    assert buttons(message)[0].is_disabled


def test_what_was_typed_is_shown_while_it_is_wrong() -> None:
    assert "a dog --x" in text_of(draw_draft(view(words="a dog --x")))


# ---------------------------------------------------------------- menus


def test_of_a_video_all_that_its_model_leaves_open_can_be_chosen() -> None:
    found = menus(draw_draft(view()))
    assert {action: [option.value for option in menu.options] for action, menu in found.items()} == {
        Action.MODEL: ["cinema-1", "short-1"],
        Action.DURATION: ["4", "5"],
        Action.TIER: ["fast", "pro"],
        Action.RESOLUTION: ["480p", "720p"],
    }
    assert [chosen(menu) for menu in found.values()] == [["cinema-1"], ["5"], ["fast"], ["480p"]]
    assert [option.label for option in found[Action.DURATION].options] == ["4 seconds", "5 seconds"]


def test_the_choices_are_those_that_were_made_and_resolutions_go_by_the_tier() -> None:
    found = menus(draw_draft(view(replace(VIDEO, tier="pro", duration_seconds=4, resolution="1080p"))))
    assert [option.value for option in found[Action.RESOLUTION].options] == ["480p", "720p", "1080p"]
    assert [chosen(found[action]) for action in (Action.DURATION, Action.TIER, Action.RESOLUTION)] == [
        ["4"],
        ["pro"],
        ["1080p"],
    ]


def test_where_there_is_no_choice_there_is_no_menu() -> None:
    assert list(menus(draw_draft(view(of=SHORT, models=(SHORT,))))) == []
    assert list(menus(draw_draft(view(GenerationRequest("a cat"), of=model())))) == []


def test_where_its_model_is_gone_another_one_can_be_chosen() -> None:
    for models in ((CINEMA, SHORT), (SHORT,)):
        found = menus(draw_draft(view(replace(VIDEO, model_id="gone"), of=None, models=models)))
        assert {action: len(menu.options) for action, menu in found.items()} == {Action.MODEL: len(models)}
        assert chosen(found[Action.MODEL]) == []


def test_the_only_one_can_be_chosen_where_it_is_not_the_usual_one() -> None:
    """Of a tier that lacks the usual resolution, say: else there were no way on."""
    narrow = replace(CINEMA, tier_resolutions={"fast": ("480p", "720p"), "pro": ("1080p",)})
    found = menus(draw_draft(view(replace(VIDEO, tier="pro"), narrow)))
    assert [option.value for option in found[Action.RESOLUTION].options] == ["1080p"]
    assert chosen(found[Action.RESOLUTION]) == []


def test_a_menu_holds_as_many_as_discord_takes_the_chosen_one_among_them_and_none_twice() -> None:
    many = replace(CINEMA, durations=tuple(range(1, 61)), tiers=("fast", "fast", "x" * 101, ""))
    found = menus(draw_draft(view(replace(VIDEO, duration_seconds=60), many)))
    values = [option.value for option in found[Action.DURATION].options]
    assert (len(values), chosen(found[Action.DURATION])) == (OPTIONS_MAX, ["60"])
    assert Action.TIER not in found, "of two of the same name there is no choice"


# ---------------------------------------------------------------- the form


def fields(of: DraftView) -> dict[str, TextField | ChoiceField | FileField]:
    return {field.name: field for field in draft_form(of).fields}


def test_of_a_picture_the_form_has_words_options_models_and_files() -> None:
    request = GenerationRequest("a cat", model_id="swift-1")
    shown = view(request, model(), models=(model(), model(id="slow-1", name="Slow")), options="--ar 16:9")
    found = fields(shown)
    assert list(found) == [PROMPT, OPTIONS, MODEL, FILE, REFERENCES]
    prompt, options, models, _, pictures = found.values()
    assert isinstance(prompt, TextField)
    assert isinstance(options, TextField)
    assert isinstance(models, ChoiceField)
    assert isinstance(pictures, FileField)
    assert (prompt.value, prompt.is_long, options.value, options.is_long) == ("a cat", True, "--ar 16:9", False)
    assert models.options == (Option("Swift One", "swift-1", is_chosen=True), Option("Slow", "slow-1"))
    assert pictures.most == 2


def test_of_a_video_the_panel_has_the_models_and_the_form_its_ratio() -> None:
    found = fields(view(options="--ar 16:9"))
    assert list(found) == [PROMPT, OPTIONS, FILE, REFERENCES]
    assert isinstance(options := found[OPTIONS], TextField)
    assert options.value == "--ar 16:9"


def test_a_continuation_goes_by_its_video_alone() -> None:
    going_on = replace(VIDEO, reference_video="https://v.test/1.mp4", reference_video_seconds=4.0)
    assert REFERENCES not in fields(view(going_on))


@pytest.mark.parametrize("words", [None, "x" * (TYPED_MAX_CHARACTERS + 1)])
def test_a_prompt_too_long_for_the_field_is_left_out_and_that_is_said(words: str | None) -> None:
    long = replace(VIDEO, prompt="y" * (TYPED_MAX_CHARACTERS + 1))
    assert isinstance(prompt := fields(view(long, words=words))[PROMPT], TextField)
    assert prompt.value == ""
    assert "keep the prompt" in prompt.hint


def test_what_was_mistyped_comes_back_as_it_was() -> None:
    found = fields(view(words="a dog --x", options="--chaos x"))
    assert [field.value for field in found.values() if isinstance(field, TextField)] == ["a dog --x", "--chaos x"]


def test_without_models_there_is_no_menu_of_them() -> None:
    """A menu needs an option (Discord, String Select)."""
    nameless = replace(model(), id="x" * 101)
    for models in ((), (nameless,)):
        assert MODEL not in fields(view(GenerationRequest("a cat"), None, models=models))


def test_no_more_files_than_an_upload_takes() -> None:
    many = model(max_references=14)
    assert isinstance(files := fields(view(GenerationRequest("a cat"), many, models=(many,)))[REFERENCES], FileField)
    assert files.most == FILES_MAX


# ---------------------------------------------------------------- whatever the catalogue says

words = st.text(max_size=200) | st.sampled_from(["", "\u200b", "x" * 300, "@everyone", "*" * 5000])


@st.composite
def any_view(draw: st.DrawFn) -> DraftView:
    some = st.lists(words, max_size=40).map(tuple)
    models = tuple(
        replace(
            CINEMA,
            id=draw(words) or "x",
            name=draw(words),
            tiers=draw(some),
            resolutions=draw(some),
            tier_resolutions={},
            durations=tuple(draw(st.lists(st.integers(1, 9999), max_size=40))),
            max_references=draw(st.integers(0, 30)),
        )
        for _ in range(draw(st.integers(1, 30)))
    )
    medium = draw(st.sampled_from(Medium))
    request = GenerationRequest(draw(words), medium, models[0].id, draw(words), draw(words), draw(words))
    problems = st.builds(Problem, st.sampled_from(ProblemCode), words, st.just(("x" * 90,) * 20), st.none())
    return view(
        request,
        draw(st.sampled_from([models[0], None])),
        models=models,
        problems=tuple(draw(st.lists(problems, max_size=30))),
        words=draw(st.none() | words),
        options=draw(words),
    )


def all_options(of: DraftView) -> Iterator[tuple[Option, ...]]:
    yield from (menu.options for menu in menus(draw_draft(of)).values())
    yield from (field.options for field in draft_form(of).fields if isinstance(field, ChoiceField))


@given(any_view())
def test_any_panel_and_form_are_within_discords_limits(of: DraftView) -> None:
    message, form = draw_draft(of), draft_form(of)
    assert sum(map(len, message.texts)) <= 4000
    assert all(text.strip() for text in message.texts)
    assert len(message.rows) <= 5
    for options in all_options(of):
        assert 0 < len(options) <= OPTIONS_MAX
        assert len({option.value for option in options}) == len(options)
        assert all(0 < len(option.value) <= 100 and 0 < len(option.label.strip()) <= 100 for option in options)
        assert sum(option.is_chosen for option in options) <= 1
    assert len(form.title) <= 45
    assert 1 <= len(form.fields) <= 5
    for field in form.fields:
        assert len(field.label) <= 45
        assert len(field.hint) <= 100
        if isinstance(field, TextField):
            assert len(field.value) <= TYPED_MAX_CHARACTERS


def test_the_panel_shows_all_that_was_chosen() -> None:
    asked = GenerationRequest("a knight", aspect_ratio="3:4", pose_mode="t-pose", multi_view=True)
    shown = text_of(draw_draft(view(asked)))
    assert "3:4 · t-pose · several views" in shown
