"""SimCord's browser page of a channel, made to follow a world whose bot is somewhere else."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from simcord.actors import MemberActor
from simcord.components import walk_components
from simcord.enums import AppCommandType
from simcord.preview import Preview
from simcord.results import ResponseMessage

from sandbox.discord.page import PageServer
from sandbox.discord.page_media import PlainMedia

if TYPE_CHECKING:
    from simcord.preview._pages import _Page

    from sandbox.discord.guild import Channel, Guild
    from sandbox.discord.server import SandboxDiscord

FETCH_SECONDS = 10.0
FETCH_BYTES = 32 * 1024 * 1024
PEOPLE = ("mia", "noor")
ARTIST = "noor"
MODERATOR = "sam"


class LivePreview(Preview):
    """Publishes what changed when the page asks (twice a second), so that no refresh by hand is needed.

    Publishing any sooner would outdate the revision that the page names in its actions, and have them refused.
    """

    def __init__(self, world: SandboxDiscord, channel: Channel, viewers: tuple[MemberActor, ...], port: int) -> None:
        super().__init__(
            world.env,
            channel,
            viewers,
            layout="channel",
            display="responsive",
            width=1100,
            height=800,
            locale="en-US",
            timezone="UTC",
            presentation_time=None,
            assets={},
            port=port,
        )
        self._server = PageServer(self, port)
        self._media_worker = PlainMedia()
        self._world = world
        self._shown: dict[str, int] = {}
        self._fetches: dict[str, asyncio.Task[None]] = {}

    def _page_payload(self, page: _Page) -> dict[str, Any]:
        count = self._world.changes.count
        if self._shown.get(page.id) != count and page is not self._action_page:
            self._shown[page.id] = count
            self._fetch_remote_media(page.channel_id)
            self._advance_presentation_time()
            self._publish(page, reason="refresh")
        return super()._page_payload(page)

    def menus(self, context_id: str | None) -> list[str]:
        """The commands in the menus of messages, for the person of a page. Raises SetupError."""
        page = self._get_page(context_id)
        visible = self.env.backend.visible_commands(
            user_id=page.viewer.id, channel_id=page.channel_id, type=AppCommandType.MESSAGE
        )
        return [command["name"] for command in visible]

    async def use_menu(self, context_id: str | None, command: str, message_id: int) -> str:
        """Use such a command as the person of a page: what came of it. Raises SetupError and BackendError."""
        page = self._get_page(context_id)
        message = ResponseMessage(self.env, self._target_message(page, message_id))
        result = await page.viewer.context_menu(self.channel, command, message)
        if result.modal is not None:
            page.modal, page.modal_handle = result, f"m_{secrets.token_urlsafe(12)}"
        self._world.changes.announce()
        return "Done" if result.acknowledged else "This interaction failed"

    def dismiss(self, context_id: str | None, handle: str) -> None:
        """Put a form of a page away, which was left unsent. Raises SetupError.

        SimCord's page does so for itself alone; while the form counts as open, its selects show nothing.
        """
        page = self._get_page(context_id)
        if page.modal_handle == handle:
            page.modal = page.modal_handle = None
            self._shown.pop(page.id, None)

    def is_put_away(self, context_id: str | None, asset_id: str) -> bool:
        """Whether a page, that there is, has no such file (any more)."""
        page = self._pages.get(context_id or "")
        return page is not None and asset_id not in page.assets

    async def _cleanup(self) -> None:
        for fetch in self._fetches.values():
            fetch.cancel()
        await asyncio.gather(*self._fetches.values(), return_exceptions=True)
        await super()._cleanup()

    def _fetch_remote_media(self, channel_id: int) -> None:
        """Stand in for Discord's media proxy: the page shows links only of media that the preview was given."""
        for message in self._world.backend.messages.get(channel_id, {}).values():
            for url in _media_links(message.components):
                if _is_loopback(url) and url not in self._fetches and self._world.cdn.get(url) is None:
                    self._fetches[url] = asyncio.create_task(self._fetch(url))

    async def _fetch(self, url: str) -> None:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
                response.raise_for_status()
                data = await response.content.read(FETCH_BYTES)
        except (aiohttp.ClientError, TimeoutError):
            return  # shown as unavailable, as Discord does with a dead link
        name = urlsplit(url).path.rpartition("/")[2] or "media"
        self._explicit_assets[url] = (name, data)
        self._world.changes.announce()


def _media_links(components: list[dict[str, Any]]) -> list[str]:
    holders = [holder for part in walk_components(components) for holder in (part, *part.get("items", []))]
    return [media["url"] for holder in holders if (media := holder.get("media") or holder.get("file"))]


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme in ("http", "https") and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def make_demo_world(world: SandboxDiscord) -> Guild:
    """A guild with two channels, two members, of whom one has a role, and a moderator."""
    guild = world.create_guild("Easel demo", ("general", "gallery"))
    artists = guild.create_role("Artists")
    for name in PEOPLE:
        guild.add_member(name, roles=[artists] if name == ARTIST else ())
    guild.add_member(MODERATOR, moderator=True)
    return guild


async def start_preview(world: SandboxDiscord, channel: Channel, *, port: int = 0) -> str:
    """Serve the page of a channel, in which one acts as any of its members: the address, which is also the key.

    It ends with the world.
    """
    if channel.guild is None:
        raise ValueError("the preview shows channels of guilds")
    people = [user for user in channel.guild.member_ids() if not world.backend.get_user(user).bot]
    named = [user for user in people if user != channel.guild.owner.id]
    viewers = tuple(world.member_of(channel.guild, user).actor for user in named)
    preview = LivePreview(world, channel, viewers, port)
    await preview.__aenter__()
    return preview.url
