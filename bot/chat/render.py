"""Plain messages as Components V2 (Discord, Component Reference)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import discord
from discord import ui

from bot.errors import MediaDown
from bot.ui.buttons import custom_id
from bot.ui.messages import (
    Button,
    ButtonStyle,
    EntityKind,
    EntityMenu,
    Entry,
    Generated,
    Kept,
    Menu,
    Message,
    Option,
    Picture,
    Row,
    Upload,
)

_STYLES: Mapping[ButtonStyle, discord.ButtonStyle] = {
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.SUCCESS: discord.ButtonStyle.success,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}

CHANNEL_TYPES = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
    discord.ChannelType.category,
]
"""Wherever something can be asked for, and categories. Media channels are in no select by Discord's API description."""


def layout(message: Message) -> ui.LayoutView:
    """One container. The view is stopped, so discord.py keeps none in memory: clicks are found by custom_id."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=message.accent.value)
    for text in message.texts:
        container.add_item(ui.TextDisplay(text))
    for entry in message.entries:
        for item in _entry(entry):
            container.add_item(item)
    if message.gallery:
        container.add_item(ui.MediaGallery(*(_gallery_item(picture) for picture in message.gallery)))
    for picture in message.references:
        container.add_item(_small(picture))
    for filename in message.files:
        container.add_item(ui.File(f"attachment://{filename}"))
    for row in message.rows:
        container.add_item(_row(row))
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    view.stop()
    return view


def _gallery_item(picture: Picture) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(picture.url, description=picture.description or None, spoiler=picture.is_spoiler)


def _small(picture: Picture) -> ui.Section[ui.LayoutView]:
    return ui.Section(f"-# {picture.description}", accessory=_thumbnail(picture))


def _entry(entry: Entry) -> list[ui.Item[ui.LayoutView]]:
    if entry.picture is None:
        text: ui.Item[ui.LayoutView] = ui.TextDisplay(entry.text)
    else:
        text = ui.Section(entry.text, accessory=_thumbnail(entry.picture))
    return [text, _row(entry.row)] if entry.row else [text]


def _thumbnail(picture: Picture) -> ui.Thumbnail[ui.LayoutView]:
    return ui.Thumbnail(picture.url, description=picture.description or None, spoiler=picture.is_spoiler)


def _row(row: Row) -> ui.ActionRow[ui.LayoutView]:
    return ui.ActionRow(*(_control(item) for item in row))


def _control(item: Button | Menu | EntityMenu) -> ui.Item[ui.LayoutView]:
    match item:
        case Button():
            return _button(item)
        case Menu():
            return _menu(item)
        case EntityMenu():
            return _entity_menu(item)


def _menu(menu: Menu) -> ui.Select[ui.LayoutView]:
    return ui.Select(
        custom_id=custom_id(menu),
        placeholder=menu.placeholder,
        options=[option_of(each) for each in menu.options],
        min_values=menu.least,
        max_values=min(menu.most, len(menu.options)),  # Discord refuses a menu that allows more than it offers
        disabled=menu.is_disabled,
    )


def _entity_menu(menu: EntityMenu) -> ui.Item[ui.LayoutView]:
    chosen = [discord.Object(each) for each in menu.chosen]
    rest: dict[str, Any] = {
        "custom_id": custom_id(menu),
        "placeholder": menu.placeholder,
        "min_values": menu.least,
        "max_values": menu.most,
        "disabled": menu.is_disabled,
        "default_values": chosen,
    }
    match menu.kind:
        case EntityKind.ROLE:
            return ui.RoleSelect(**rest)
        case EntityKind.CHANNEL:
            return ui.ChannelSelect(channel_types=CHANNEL_TYPES, **rest)
        case EntityKind.MEMBER:
            return ui.UserSelect(**rest)


def option_of(option: Option) -> discord.SelectOption:
    return discord.SelectOption(
        label=option.label,
        value=option.value,
        description=option.description or None,
        default=option.is_chosen,
    )


def _button(button: Button) -> ui.Button[ui.LayoutView]:
    return ui.Button(
        style=_STYLES[button.style],
        label=button.label,
        custom_id=custom_id(button),
        disabled=button.is_disabled,
    )


def mentions(message: Message) -> discord.AllowedMentions:
    """Nobody but the one that the message names."""
    users = [] if message.mention_user_id is None else [discord.Object(message.mention_user_id)]
    return discord.AllowedMentions(everyone=False, roles=False, replied_user=False, users=users)


@dataclass(frozen=True, slots=True)
class KeptAttachment:
    """Names an attachment that the message has, so that an edit keeps it."""

    attachment_id: int

    def to_dict(self) -> dict[str, Any]:
        return {"id": str(self.attachment_id)}


Attachment = discord.Attachment | discord.File


def attachments(message: Message) -> list[Attachment]:
    """Everything that the message shall have; files are open until the request is over. Raises MediaDown."""
    opened: list[Attachment] = []
    try:
        for attachment in message.attachments:
            opened.append(_attachment(attachment))  # noqa: PERF401  what is open must be known when the next one fails
    except OSError as error:
        close(opened)
        # Swept since it was brought here, say: it can be brought again.
        raise MediaDown(f"a file to attach cannot be read: {error}") from error
    return opened


def _attachment(attachment: Upload | Generated | Kept) -> Attachment:
    match attachment:
        case Kept(attachment_id):
            # discord.py asks of a kept attachment nothing but `to_dict`.
            return cast("Attachment", KeptAttachment(attachment_id))
        case Generated(filename, content, description):
            return discord.File(io.BytesIO(content), filename, description=description or None)
        case Upload(path, filename, description, is_spoiler):
            return discord.File(path, filename, spoiler=is_spoiler, description=description or None)


def files(message: Message) -> list[discord.File]:
    """What goes with a message that is new, open until the request is over. Raises MediaDown."""
    return [each for each in attachments(message) if isinstance(each, discord.File)]


def close(opened: Iterable[Attachment]) -> None:
    for attachment in opened:
        if isinstance(attachment, discord.File):
            attachment.close()
