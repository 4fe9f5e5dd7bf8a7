"""The connection to Discord: a bot that is told about guilds and interactions, and about nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat.answering import explain
from bot.chat.errors import ALREADY_ANSWERED, kind_of
from bot.chat.sync import sync_changed
from bot.clock import Clock
from bot.errors import DiscordLoginRefused, DiscordStrange, InteractionLost, SurfaceDown
from bot.ports import DocumentStore

log = logging.getLogger(__name__)


class Calmer(logging.Filter):
    """A gateway that is away is no fault of Easel's: discord.py tells of each attempt as of one, traceback and all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Makes such a record a warning of one line."""
        if str(record.msg).startswith("Attempting a reconnect") and record.exc_info:
            record.msg = f"the connection to Discord failed ({type(record.exc_info[1]).__name__}). {record.msg}"
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        return True


class CalmerCompletions(logging.Filter):
    """Nor is a completion that was lost on the way, or that Discord did not wait for: whoever types is faster."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Makes such a record a warning of one line."""
        error = record.exc_info[1] if record.exc_info else None
        if str(record.msg).startswith("Ignoring exception in autocomplete") and _is_lost(error):
            record.msg, record.args = "a completion did not reach Discord: %s", (repr(error),)
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        return True


def _is_lost(error: BaseException | None) -> bool:
    if isinstance(error, discord.HTTPException):
        is_repeated = error.code == ALREADY_ANSWERED
        return is_repeated or kind_of(error.status, error.code) in (InteractionLost, SurfaceDown)
    return isinstance(error, aiohttp.ClientError | OSError | TimeoutError | discord.RateLimited)


logging.getLogger("discord.client").addFilter(Calmer())
logging.getLogger("discord.app_commands.tree").addFilter(CalmerCompletions())

# Easel does not speak; two warnings about libraries for voice would only worry whoever starts it.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False

AUTHENTICATION_FAILED = 4004
"""A close code of the gateway (Discord, Gateway Close Event Codes)."""
MAX_RATE_LIMIT_SECONDS = 60
CLOSE_SECONDS = 2
MAX_DELAY_SECONDS = 60.0


class Patience(ExponentialBackoff[Literal[False]]):
    """With a gateway that is away. discord.py by itself comes to wait up to 17 minutes; nobody could ask till then."""

    def delay(self) -> float:
        return min(super().delay(), MAX_DELAY_SECONDS)


discord.client.ExponentialBackoff = Patience  # type: ignore[attr-defined,assignment]  # no setting for it


@dataclass(frozen=True, slots=True)
class Offered:
    """The commands of a bot: those of cogs, and those on messages."""

    cogs: Sequence[commands.Cog]
    menus: Sequence[app_commands.ContextMenu] = ()


class Easel(commands.Bot):
    """Answers with the cogs given. `logged_in` is set as soon as requests to Discord can be made."""

    def __init__(
        self,
        offered: Offered,
        documents: DocumentStore,
        clock: Clock,
        *,
        allow_direct_messages: bool = False,
    ) -> None:
        """`allow_direct_messages`: members may take Easel with them, too (Discord, User-installed Apps)."""
        super().__init__(
            commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=MAX_RATE_LIMIT_SECONDS,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree.allowed_installs = app_commands.AppInstallationType(guild=True, user=allow_direct_messages)
        # In direct messages a sentence says that nothing is taken there: better than no command at all.
        self.tree.allowed_contexts = app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=allow_direct_messages
        )
        self.logged_in = asyncio.Event()
        self._offered = offered
        self._documents = documents
        self._clock = clock

    async def setup_hook(self) -> None:
        """Runs in each attempt to log in, so it picks up where a failed one stopped."""
        await self.offer(self._offered)
        self.logged_in.set()

    async def offer(self, offered: Offered) -> None:
        """Have these commands and no others, and tell Discord where they changed. Raises as `sync_changed`."""
        self._offered = offered
        cogs = {cog.qualified_name: cog for cog in offered.cogs}
        for name, cog in dict(self.cogs).items():
            if cogs.get(name) is not cog:
                await self.remove_cog(name)
        for name, cog in cogs.items():
            if name not in self.cogs:
                await self.add_cog(cog)
        for menu in self.tree.get_commands(type=discord.AppCommandType.message):
            self.tree.remove_command(menu.name, type=menu.type)
        for menu in offered.menus:
            self.tree.add_command(menu)
        assert self.application_id is not None
        await sync_changed(self.tree, self.application_id, self._documents, self._clock)

    async def try_offer(self, offered: Offered) -> bool:
        """As `offer`, while members are about. False: Discord was not told, so call again. Raises StoreDown."""
        try:
            await self.offer(offered)
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            log.warning("Discord could not be told of the commands (%s), trying again", error)
            return False
        return True

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s, servers: %d", self.user, len(self.guilds))
        self.dispatch("guilds_known", frozenset(guild.id for guild in self.guilds))


class Tree(app_commands.CommandTree[Easel]):
    """Commands whose errors end in a sentence."""

    async def on_error(self, interaction: discord.Interaction[Easel], error: app_commands.AppCommandError, /) -> None:
        await explain(interaction, error)


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Speak to another server than Discord's own, in the whole process; None leaves it as it is.

    Comes before the first connection. discord.py has no setting for it: both are class attributes.
    """
    if api_url is not None:
        Route.BASE = api_url.rstrip("/")
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


async def run_client(client: Easel, token: str, stop: asyncio.Event) -> None:
    """Log in and stay connected until `stop` is set, then close within two seconds.

    Raises DiscordLoginRefused for a wrong token; anything else that ends the connection comes through as it is.
    """
    staying = asyncio.create_task(_stay(client, token), name="discord connection")
    stopping = asyncio.create_task(stop.wait(), name="discord stop")
    try:
        await asyncio.wait({staying, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if staying.done():
            staying.result()
    finally:
        stopping.cancel()
        await _close(client, staying)


async def _close(client: Easel, staying: asyncio.Task[None]) -> None:
    staying.cancel()
    await asyncio.gather(staying, return_exceptions=True)
    # discord.py waits two seconds for more servers before it calls itself ready, also when it was closed meanwhile.
    ready: asyncio.Task[None] | None = getattr(client._connection, "_ready_task", None)  # noqa: SLF001  see above
    if ready is not None:
        ready.cancel()
        await asyncio.gather(ready, return_exceptions=True)
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except TimeoutError:
        log.warning("Discord did not close the connection within %d s", CLOSE_SECONDS)
        await client.http.close()


async def _stay(client: Easel, token: str) -> None:
    await _log_in(client, token)
    for delay_seconds in _delays():
        try:
            await client.connect()
        except discord.ConnectionClosed as error:
            if error.code == AUTHENTICATION_FAILED:
                raise DiscordLoginRefused(str(error)) from error
            raise
        except AttributeError:
            # When the very first connection fails discord.py logs it, waits, and then asks the gateway that never was
            # for its sequence (client.py, `connect`).
            if client.ws is not None:
                raise
        else:
            return
        await asyncio.sleep(delay_seconds)


async def _log_in(client: Easel, token: str) -> None:
    for delay_seconds in _delays():
        try:
            await client.login(token)
        except discord.LoginFailure as error:
            raise DiscordLoginRefused(str(error)) from error
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            if isinstance(error, discord.HTTPException) and kind_of(error.status, error.code) is not SurfaceDown:
                raise DiscordStrange(str(error)) from error
            log.warning("cannot log in to Discord (%s), trying again in %.0f s", error, delay_seconds)
            await _drop_session(client)
        else:
            return
        await asyncio.sleep(delay_seconds)


async def _drop_session(client: Easel) -> None:
    """Each login makes a session of its own, and its connector cannot be used again once it is closed."""
    await client.http.close()
    client.http.connector = discord.utils.MISSING


def _delays() -> Iterator[float]:
    """Seconds between attempts, without end."""
    delay_seconds = 1.0
    while True:
        yield delay_seconds
        delay_seconds = min(2 * delay_seconds, MAX_DELAY_SECONDS)
