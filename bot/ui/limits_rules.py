"""Pages of the moderators' panel with rules: what can be made, where and by whom, and with which words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.catalog import Model
from bot.domain.highest import HIGHEST, highest_choices
from bot.domain.limits import REASON_MAX_CHARACTERS, Block
from bot.ui.areas import FIGURES_OF, Area
from bot.ui.limits_amounts import figure_lines, figures_button, house_note
from bot.ui.limits_panel import OPTIONS_MAX, Page, Panel, choices, entities, fits_option, option, setter, some
from bot.ui.markdown import one_line
from bot.ui.messages import Action, Button, EntityKind, EntityMenu, Entry, Form, Row, TextField
from bot.ui.texts import EN, Texts

OPEN = "none"
"""The value of the option that sets no limit."""
BLOCKS_SHOWN = 10
REASON_SHOWN = 60
WORD_SHOWN = 60
WORDS_A_PAGE = OPTIONS_MAX
TEXT_SHOWN = 200
WORDS_MET_SHOWN = 10
UNTIL, REASON, WORDS, TEXT = "until", "reason", "words", "text"
"""The names of fields."""
UNTIL_MAX_CHARACTERS = 30


# ---------------------------------------------------------------- what can be made

_MAKING = ("models", *HIGHEST, *FIGURES_OF[Area.MAKING], "video_roles")


def making_page(panel: Panel, texts: Texts) -> Page:
    seconds = figures_button(panel, Area.MAKING, 0, texts.change_seconds)
    return Page(
        (
            Entry(f"{texts.making_hint}\n{house_note(panel.view, _MAKING, texts)}"),
            _models(panel, texts),
            *(_highest(panel, name, texts) for name in HIGHEST),
            Entry("\n".join(figure_lines(panel, FIGURES_OF[Area.MAKING], texts)), row=(seconds,)),
            _entries(panel, "video_roles", texts.choose_video_roles, texts),
        ),
        ((setter(panel, texts.allow_all_models, "all_models"),),) if panel.view.held.models else (),
    )


def _models(panel: Panel, texts: Texts) -> Entry:
    chosen, offered = panel.view.held.models, _offered(panel)
    names = [_model(panel, model_id, texts) for model_id in chosen]
    lines = [texts.note("models", some(names, texts) if names else texts.unrestricted["models"])]
    if chosen and not _left(panel):
        lines.append(texts.no_models_left)
    if len(offered) > OPTIONS_MAX:
        lines.append(texts.more_models(OPTIONS_MAX, len(offered)))
    options = [option(model.name, model.id, is_chosen=model.id in chosen) for model in offered]
    menu = choices(panel, texts.choose_models, "models", options, OPTIONS_MAX)
    return Entry("\n".join(lines), row=(menu,) if options else ())


def _offered(panel: Panel) -> list[Model]:
    """What can be asked for, and chosen in a menu."""
    return [model for model in panel.view.models if model.medium is not None and fits_option(model.id)]


def models_beyond_menu(panel: Panel) -> tuple[str, ...]:
    """Of the models that were chosen, those that the menu has no room for."""
    return tuple(model.id for model in _offered(panel)[OPTIONS_MAX:] if model.id in panel.view.chosen.models)


def _left(panel: Panel) -> list[str]:
    """Models that are allowed and still there. While none is known at all, none counts as gone."""
    known = {model.id for model in panel.view.models}
    return [model_id for model_id in panel.view.held.models if model_id in known or not known]


def _model(panel: Panel, model_id: str, texts: Texts) -> str:
    name = panel.model(model_id, texts)
    return name if model_id in _left(panel) else texts.retired(name)


def _highest(panel: Panel, name: str, texts: Texts) -> Entry:
    held: str | None = getattr(panel.view.held, name)
    offered = [each for each in highest_choices(name, panel.view.models) if fits_option(each)]
    if held is None:
        value = texts.as_high_as_they_like
    else:
        shown = one_line(texts.quality(held) or held, 40)
        value = texts.up_to(shown if held in offered or not offered else texts.not_offered(shown))
    options = [option(texts.choose_no_highest, OPEN, is_chosen=held is None)]
    options += [option(texts.quality(each) or each, each, is_chosen=each == held) for each in offered]
    return Entry(texts.note(name, value), row=(choices(panel, texts.setting(name), name, options),))


def making_summary(panel: Panel, texts: Texts) -> str:
    held = panel.view.held
    if held.models and not _left(panel):
        return texts.no_models_left
    told = [texts.models_summary(len(held.models))]
    if held.picture_resolution is not None:
        told.append(texts.pictures_up_to(one_line(held.picture_resolution, 20)))
    seconds = None if held.video_seconds is None else texts.durations((held.video_seconds,))
    if of_videos := [one_line(each, 20) for each in (held.video_resolution, held.tier, seconds) if each is not None]:
        told.append(texts.videos_up_to(", ".join(of_videos)))
    if held.video_roles:
        told.append(texts.videos_by(some([panel.role(each, texts) for each in held.video_roles], texts, 3)))
    return " · ".join(told)


# ---------------------------------------------------------------- where and who


def places_page(panel: Panel, texts: Texts) -> Page:
    block = EntityMenu(Action.LIMIT_BLOCK, panel.user_id, texts.choose_block, EntityKind.MEMBER, least=1, index=0)
    return Page(
        (
            Entry(texts.places_hint),
            _entries(panel, "channels", texts.choose_channels, texts),
            _entries(panel, "roles_allowed", texts.choose_roles_allowed, texts),
            _entries(panel, "roles_excluded", texts.choose_roles_excluded, texts),
            Entry(_blocked(panel, texts), row=(block,)),
        ),
        tuple(_unblock(panel, texts)),
    )


def _entries(panel: Panel, name: str, placeholder: str, texts: Texts) -> Entry:
    """A list of channels or roles, with the native select that changes it."""
    chosen: tuple[int, ...] = getattr(panel.view.held, name)
    there = [each for each in chosen if panel.has(name, each)]
    listed = some([panel.entry(name, each, texts) for each in chosen], texts) if chosen else texts.unrestricted[name]
    lines = [texts.note(name, listed), *_concerns(panel, name, texts)]
    if chosen and not there and name != "roles_excluded":
        lines.append(texts.all_gone(name))
    if len(there) > OPTIONS_MAX:
        lines.append(texts.too_many_for_menu)
    kind = EntityKind.CHANNEL if name == "channels" else EntityKind.ROLE
    return Entry("\n".join(lines), row=(entities(panel, placeholder, name, kind, chosen),))


def _concerns(panel: Panel, name: str, texts: Texts) -> Iterator[str]:
    """A rule that stands against the moderator who looks at it."""
    chosen, mine = set(getattr(panel.view.held, name)), set(panel.role_ids)
    is_missing = bool(chosen) and not chosen & mine
    if (name == "roles_allowed" and is_missing) or (name == "roles_excluded" and chosen & mine):
        yield texts.concerns_you(name)
    elif name == "video_roles" and is_missing:
        yield texts.concerns_your_videos(name)


def _blocks(panel: Panel) -> list[Block]:
    return [block for block in panel.view.held.blocked_members if block.holds_at(panel.view.now)]


def _blocked(panel: Panel, texts: Texts) -> str:
    blocks = _blocks(panel)
    if not blocks:
        return texts.blocked_none
    lines = [
        texts.block_line(each.user_id, each.until, one_line(each.reason, REASON_SHOWN))
        for each in blocks[:BLOCKS_SHOWN]
    ]
    if len(blocks) > BLOCKS_SHOWN:
        lines.append(texts.and_more(len(blocks) - BLOCKS_SHOWN))
    if any(block.user_id == panel.user_id for block in blocks):
        lines.append(texts.blocks_you)
    return "\n".join((texts.blocked_title(len(blocks)), *lines))


def _unblock(panel: Panel, texts: Texts) -> Iterator[Row]:
    """By the native select: it alone knows names, and reaches everybody."""
    if _blocks(panel):
        menu = EntityMenu(
            Action.LIMIT,
            panel.user_id,
            texts.choose_unblock,
            EntityKind.MEMBER,
            least=1,
            index=0,
            note="blocked_members",
        )
        yield (menu,)


def block_form(member_id: int, typed: Mapping[str, str], texts: Texts = EN) -> Form:
    """The form's id is the member's."""
    fields = (
        TextField(
            UNTIL,
            texts.block_until,
            typed.get(UNTIL, ""),
            texts.block_until_hint,
            most_characters=UNTIL_MAX_CHARACTERS,
        ),
        TextField(
            REASON,
            texts.block_reason,
            typed.get(REASON, ""),
            texts.block_reason_hint,
            is_long=True,
            most_characters=REASON_MAX_CHARACTERS,
        ),
    )
    return Form(Action.LIMIT_BLOCK, member_id, texts.block_title, fields)


def places_summary(panel: Panel, texts: Texts) -> str:
    held = panel.view.held
    for name in ("channels", "roles_allowed"):
        chosen = getattr(held, name)
        if chosen and not any(panel.has(name, each) for each in chosen):
            return texts.all_gone(name)
    channels = [panel.channel(each, texts) for each in held.channels]
    roles = [panel.role(each, texts) for each in held.roles_allowed]
    return texts.places_summary(
        texts.in_channels(some(channels, texts, 5)) if channels else texts.unrestricted["channels"],
        some(roles, texts, 5) if roles else texts.everybody,
        len(held.roles_excluded),
        len(_blocks(panel)),
    )


# ---------------------------------------------------------------- words


def words_page(panel: Panel, texts: Texts) -> Page:
    """25 of them, as many as a menu holds, and ways to the others."""
    words, pages = panel.view.held.blocked_words, _word_pages(panel)
    number = min(panel.place.number, pages - 1)
    shown = words[number * WORDS_A_PAGE : (number + 1) * WORDS_A_PAGE]
    listed = ", ".join(one_line(word, WORD_SHOWN) for word in shown)
    count = texts.words_count(len(words), number + 1, pages)
    buttons = (
        Button(Action.LIMIT_WORDS, panel.user_id, texts.add_words),
        Button(Action.LIMIT_TEST, panel.user_id, texts.test_words, is_disabled=not words),
        *_turns(panel, number, pages, texts),
    )
    entry = Entry(f"{count}\n{listed}" if words else texts.no_words, row=buttons)
    options = [option(word, word) for word in shown if fits_option(word)]
    taken = choices(panel, texts.drop_words, "blocked_words", options, OPTIONS_MAX)
    return Page((Entry(texts.words_hint), entry), ((taken,),) if options else ())


def _word_pages(panel: Panel) -> int:
    return max(1, -(-len(panel.view.held.blocked_words) // WORDS_A_PAGE))


def _turns(panel: Panel, number: int, pages: int, texts: Texts) -> Iterator[Button]:
    if number:
        yield Button(Action.LIMITS, panel.user_id, texts.back, index=number - 1, note=Area.WORDS)
    if number + 1 < pages:
        yield Button(Action.LIMITS, panel.user_id, texts.next_page, index=number + 1, note=Area.WORDS)


def words_form(user_id: int, typed: Mapping[str, str], texts: Texts = EN) -> Form:
    field = TextField(
        WORDS, texts.words_field, typed.get(WORDS, ""), texts.words_field_hint, is_required=True, is_long=True
    )
    return Form(Action.LIMIT_WORDS, user_id, texts.add_words, (field,))


def trial_form(user_id: int, texts: Texts = EN) -> Form:
    field = TextField(TEXT, texts.test_field, hint=texts.test_hint, is_required=True, is_long=True)
    return Form(Action.LIMIT_TEST, user_id, texts.test_words, (field,))


def tried(text: str, met: Sequence[str], texts: Texts = EN) -> str:
    """What a text would meet."""
    shown = one_line(text, TEXT_SHOWN)
    if not met:
        return texts.words_not_met(shown)
    return texts.words_met(shown, some([one_line(word, WORD_SHOWN) for word in met], texts, WORDS_MET_SHOWN))
