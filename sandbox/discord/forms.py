"""Forms (modals) and menus (string selects) as the person before them sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from simcord.components import walk_components
from simcord.enums import SELECT_TYPES, ComponentType

if TYPE_CHECKING:
    from simcord.backend.models import Interaction

Value: TypeAlias = str | bool | tuple[str, ...] | None
"""Of a text input str; of a select or a group of boxes a tuple; of a checkbox bool; of radio buttons str or None."""

_CHOOSING = (*SELECT_TYPES, ComponentType.CHECKBOX_GROUP)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select or a group."""

    label: str
    value: str
    description: str | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """A select menu on a message; `choices` is empty where it chooses members, roles or channels."""

    custom_id: str
    kind: ComponentType
    placeholder: str | None
    choices: tuple[Choice, ...]
    chosen: tuple[str, ...]
    """Values of the options, or ids, that show as chosen."""
    least: int
    most: int
    disabled: bool
    channel_types: tuple[int, ...]
    """Of a channel select: what it offers; empty: all."""

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices]

    def value(self, label_or_value: str) -> str:
        """Raise LookupError, naming the options there are."""
        return _value_of(self.choices, label_or_value)


@dataclass(frozen=True, slots=True)
class Field:
    """A control of a form. `value` is what it holds before anything is touched."""

    label: str
    description: str | None
    custom_id: str
    kind: ComponentType
    value: Value
    placeholder: str | None
    required: bool
    least: int | None
    """Fewest characters, choices or files; None: not told."""
    most: int | None
    choices: tuple[Choice, ...]

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices]


@dataclass(frozen=True, slots=True)
class Form:
    """A modal as it opened. It is submitted with `Member.submit`, once."""

    title: str
    custom_id: str
    fields: tuple[Field, ...]
    texts: tuple[str, ...]
    """Text displays between the fields."""
    interaction: Interaction = field(repr=False, compare=False)
    """SimCord's record of the interaction that it was the answer to."""

    @property
    def values(self) -> dict[str, Value]:
        """What the fields hold, by their labels."""
        return {field.label: field.value for field in self.fields}

    def field(self, label_or_custom_id: str) -> Field:
        """Raise LookupError, naming the fields there are."""
        for found in self.fields:
            if label_or_custom_id in (found.label, found.custom_id):
                return found
        raise LookupError(f"no field {label_or_custom_id!r} in {self.title!r}, only {[f.label for f in self.fields]}")

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the client would send, by custom_id: `values` (by label or custom_id), and the rest as it was.

        Options are named by label or value; one of them may stand alone. Files are taken as they are.
        """
        answer: dict[str, Any] = {f.custom_id: f.value for f in self.fields if f.value not in (None, "", ())}
        for name, value in values.items():
            control = self.field(name)
            answer[control.custom_id] = _filled(control, value)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in answer.items()}


def read_form(interaction: Interaction) -> Form | None:
    """The form that answered an interaction; None where none did."""
    modal = interaction.modal
    if modal is None:
        return None
    texts = [part["content"] for part in walk_components(modal["components"]) if part["type"] == 10]  # noqa: PLR2004 - text display
    fields = tuple(_fields(modal["components"]))
    return Form(modal["title"], modal["custom_id"], fields, tuple(texts), interaction)


def read_menu(part: Mapping[str, Any]) -> Menu:
    """A select of a message's components."""
    choices = _choices(part)
    defaults = [str(default["id"]) for default in part.get("default_values") or []]
    return Menu(
        custom_id=part["custom_id"],
        kind=ComponentType(part["type"]),
        placeholder=part.get("placeholder"),
        choices=choices,
        chosen=tuple(choice.value for choice in choices if choice.is_default) or tuple(defaults),
        least=part.get("min_values", 1),
        most=part.get("max_values", 1),
        disabled=bool(part.get("disabled")),
        channel_types=tuple(part.get("channel_types") or ()),
    )


def _fields(parts: Iterable[Mapping[str, Any]]) -> Iterable[Field]:
    for part in parts:
        if part["type"] == ComponentType.LABEL:
            yield _field(part["component"], part["label"], part.get("description"))
        elif part["type"] == ComponentType.ACTION_ROW:  # the older way: a text input that brings its own label
            yield from (_field(control, control.get("label") or "", None) for control in part["components"])


def _field(part: Mapping[str, Any], label: str, description: str | None) -> Field:
    kind = ComponentType(part["type"])
    unit = "length" if kind is ComponentType.TEXT_INPUT else "values"
    return Field(
        label=label,
        description=description,
        custom_id=part["custom_id"],
        kind=kind,
        value=_prefilled(kind, part),
        placeholder=part.get("placeholder"),
        required=part.get("required", kind is not ComponentType.CHECKBOX),
        least=part.get(f"min_{unit}"),
        most=part.get(f"max_{unit}"),
        choices=_choices(part),
    )


def _prefilled(kind: ComponentType, part: Mapping[str, Any]) -> Value:
    chosen = tuple(choice.value for choice in _choices(part) if choice.is_default)
    if kind is ComponentType.TEXT_INPUT:
        return part.get("value") or ""
    if kind is ComponentType.CHECKBOX:
        return bool(part.get("default"))
    if kind is ComponentType.RADIO_GROUP:
        return chosen[0] if chosen else None
    return chosen


def _choices(part: Mapping[str, Any]) -> tuple[Choice, ...]:
    return tuple(
        Choice(option["label"], option["value"], option.get("description"), bool(option.get("default")))
        for option in part.get("options") or []
    )


def _filled(control: Field, value: Any) -> Any:
    if control.kind is ComponentType.RADIO_GROUP:
        return _value_of(control.choices, value)
    if control.kind in _CHOOSING:
        chosen: Sequence[str] = [value] if isinstance(value, str) else value
        return [_value_of(control.choices, item) for item in chosen] if control.choices else list(chosen)
    return value


def _value_of(choices: Sequence[Choice], label_or_value: str) -> str:
    for choice in choices:
        if label_or_value in (choice.value, choice.label):
            return choice.value
    raise LookupError(f"no option {label_or_value!r}, only {[choice.label for choice in choices]}")
