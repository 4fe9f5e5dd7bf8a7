"""Forms as modals, and what members typed into them (Discord, Component Reference, Label)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import discord
from discord import ui

from bot.chat.render import option_of
from bot.ui.buttons import custom_id
from bot.ui.messages import ChoiceField, Field, FileField, Form, TextField

TEXT_MAX_CHARACTERS = 4000
"""Of a text input."""

Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a member put into a form: texts and choices by the field's name, and files."""

    texts: Mapping[str, str]
    files: Mapping[str, tuple[discord.Attachment, ...]]


def modal(form: Form) -> ui.Modal:
    """The dialog. It is stopped, so discord.py keeps none in memory: answers are found by custom_id."""
    dialog = ui.Modal(title=form.title, custom_id=custom_id(form))
    for field in form.fields:
        dialog.add_item(ui.Label(text=field.label, description=field.hint or None, component=_component(field)))
    dialog.stop()
    return dialog


def _component(field: Field) -> ui.Item[Any]:
    match field:
        case TextField():
            return ui.TextInput(
                custom_id=field.name,
                style=discord.TextStyle.paragraph if field.is_long else discord.TextStyle.short,
                default=field.value or None,
                required=field.is_required,
                max_length=field.most_characters or TEXT_MAX_CHARACTERS,
                placeholder=field.placeholder or None,
            )
        case ChoiceField():
            return ui.Select(custom_id=field.name, options=[option_of(each) for each in field.options], required=False)
        case FileField():
            return ui.FileUpload(custom_id=field.name, required=False, min_values=0, max_values=field.most)


def answers_of(interaction: Interaction) -> Answers:
    """What a modal that was handed in holds. Fields that were left empty are "", or not there."""
    data = cast("Mapping[str, Any]", interaction.data or {})
    attachments = data.get("resolved", {}).get("attachments", {})
    texts: dict[str, str] = {}
    files: dict[str, tuple[discord.Attachment, ...]] = {}
    for component in _inputs(data.get("components", ())):
        name, values = component["custom_id"], component.get("values")
        if component["type"] == discord.ComponentType.file_upload.value:
            state = interaction._state  # noqa: SLF001  how discord.py itself makes attachments of a payload
            files[name] = tuple(discord.Attachment(data=attachments[each], state=state) for each in values or ())
        else:
            texts[name] = component.get("value") or next(iter(values or ()), "")
    return Answers(texts, files)


def _inputs(components: Any) -> Iterator[Mapping[str, Any]]:
    """All that has an answer, out of labels and (older) rows."""
    for component in components:
        inner = [component["component"]] if "component" in component else component.get("components", [])
        yield from _inputs(inner)
        if "custom_id" in component:
            yield component
