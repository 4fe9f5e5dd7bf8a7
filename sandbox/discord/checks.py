"""What Discord refuses and SimCord lets through. Each check raises BackendError as Discord would answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from simcord.backend.errors import BackendError, invalid_form_body
from simcord.components import walk_components
from simcord.enums import SELECT_TYPES, AppCommandType, CallbackType, ComponentType, InteractionType, OptionType

REQUEST_LIMIT_BYTES = 25 * 1024 * 1024
ALT_TEXT_LIMIT = 1024
FILES_LIMIT = 10
CHOICES_LIMIT = 25
OPTIONS_LIMIT = 25
COMMANDS_LIMIT = 100
MENUS_LIMIT = 15
MENU_NAME_LIMIT = 32
DESCRIPTION_LIMIT = 100

# https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming
_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
_NESTED = (OptionType.SUBCOMMAND, OptionType.SUBCOMMAND_GROUP)


def check_commands(commands: Any) -> None:
    """A bulk overwrite of commands: names, descriptions, numbers, required options first."""
    if not isinstance(commands, list):
        raise invalid_form_body("must be an array")
    slash = [item for item in commands if item.get("type", 1) == AppCommandType.CHAT_INPUT]
    _at_most(COMMANDS_LIMIT, slash, "commands")
    names = [(item.get("name"), item.get("type", 1)) for item in commands]
    if len(set(names)) != len(names):
        raise invalid_form_body("application command names must be unique")
    for command in slash:
        _check_node(command, str(command.get("name")))
    for kind in (AppCommandType.USER, AppCommandType.MESSAGE):
        menus = [item for item in commands if item.get("type") == kind]
        _at_most(MENUS_LIMIT, menus, "commands of a menu")
        for menu in menus:
            _check_menu(menu)


def _check_menu(command: Mapping[str, Any]) -> None:
    name = str(command.get("name", ""))
    if not 1 <= len(name) <= MENU_NAME_LIMIT:
        raise invalid_form_body(f"{name}: name must be between 1 and {MENU_NAME_LIMIT} in length")
    if command.get("description") or command.get("options"):
        raise invalid_form_body(f"{name}: commands of a menu have neither description nor options")


def _check_node(node: Mapping[str, Any], path: str) -> None:
    name, description = node.get("name", ""), node.get("description", "")
    if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
        raise invalid_form_body(f"{path}: name must match the pattern and be lower case")
    if not 1 <= len(description) <= DESCRIPTION_LIMIT:
        raise invalid_form_body(f"{path}: description must be between 1 and {DESCRIPTION_LIMIT} in length")
    options = node.get("options") or []
    _at_most(OPTIONS_LIMIT, options, f"{path}.options")
    _at_most(CHOICES_LIMIT, node.get("choices") or [], f"{path}.choices")
    if node.get("choices") and node.get("autocomplete"):
        raise invalid_form_body(f"{path}: autocomplete and choices exclude each other")
    required = [bool(option.get("required")) for option in options if option.get("type") not in _NESTED]
    if required != sorted(required, reverse=True):
        raise invalid_form_body(f"{path}: required options must be placed before non-required options")
    for option in options:
        _check_node(option, f"{path}.{option.get('name')}")


def check_files(sizes_bytes: Sequence[int], limit_bytes: int) -> None:
    """Uploads of one request: each under the limit the interaction told, 25 MiB together, ten of them."""
    _at_most(FILES_LIMIT, sizes_bytes, "attachments")
    if any(size > limit_bytes for size in sizes_bytes) or sum(sizes_bytes) > REQUEST_LIMIT_BYTES:
        raise BackendError(413, 40005, "Request entity too large")


def check_message(body: Mapping[str, Any]) -> None:
    """The data of a message: alt texts, links that components may carry, and what selects offer."""
    for attachment in body.get("attachments") or []:
        if len(attachment.get("description") or "") > ALT_TEXT_LIMIT:
            raise invalid_form_body(f"attachments: description must be {ALT_TEXT_LIMIT} or fewer in length")
    for part in walk_components(body.get("components") or []):
        for media in _media(part):
            _check_link(str(media.get("url", "")), uploads_only=part.get("type") == ComponentType.FILE)
        if part.get("type") in SELECT_TYPES:
            _check_select(part)


# https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type
def check_kind(kind: Any, asked: int, *, from_message: bool) -> None:
    """Whether an answer of this kind fits the kind of interaction, which came from a message's component or not."""
    is_update = kind in (CallbackType.DEFERRED_UPDATE_MESSAGE, CallbackType.UPDATE_MESSAGE)
    is_choices = kind == CallbackType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT
    wrong = (
        (is_update and not from_message)
        or (kind == CallbackType.MODAL and asked == InteractionType.MODAL_SUBMIT)
        or is_choices != (asked == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE)
    )
    if wrong:
        raise invalid_form_body(f"type: {kind!r} does not answer an interaction of type {int(asked)}")


def check_callback(body: Mapping[str, Any]) -> None:
    """The answer to an interaction."""
    data = body.get("data") or {}
    match body.get("type"):
        case CallbackType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT:
            _at_most(CHOICES_LIMIT, data.get("choices") or [], "choices")
            for choice in data.get("choices") or []:
                if not 1 <= len(choice.get("name", "")) <= 100 or len(str(choice.get("value", ""))) > 100:  # noqa: PLR2004 - the documented limit
                    raise invalid_form_body("choices: name and value must be 100 or fewer in length")
        case CallbackType.MODAL:
            for part in walk_components(data.get("components") or []):
                if part.get("type") in SELECT_TYPES:
                    _check_select(part)
        case CallbackType.CHANNEL_MESSAGE_WITH_SOURCE | CallbackType.UPDATE_MESSAGE:
            check_message(data)


# https://docs.discord.com/developers/components/reference#string-select
def _check_select(part: Mapping[str, Any]) -> None:
    """No more can be chosen than there is, and what shows as chosen could have been."""
    name, options = part.get("custom_id"), part.get("options") or []
    least, most = (1 if part.get(key) is None else part[key] for key in ("min_values", "max_values"))
    if part["type"] == ComponentType.STRING_SELECT and most > len(options):
        raise invalid_form_body(f"{name}: max_values must be {len(options)} or fewer, as many as there are options")
    chosen = len([option for option in options if option.get("default")]) or len(part.get("default_values") or [])
    if chosen and not least <= chosen <= most:
        raise invalid_form_body(f"{name}: {chosen} are chosen by default, which must be between {least} and {most}")


def _media(part: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    holders = [part, *(part.get("items") or [])]
    return [holder[key] for holder in holders for key in ("media", "file") if isinstance(holder.get(key), Mapping)]


def _check_link(url: str, *, uploads_only: bool) -> None:
    allowed = {"attachment"} if uploads_only else {"attachment", "http", "https"}
    if urlsplit(url).scheme not in allowed:
        raise invalid_form_body(f"components: scheme of {url[:80]!r} must be one of {sorted(allowed)}")


def _at_most(limit: int, items: Sequence[Any], what: str) -> None:
    if len(items) > limit:
        raise invalid_form_body(f"{what}: Must be {limit} or fewer in length")
