"""The composition root: the one place that opens, wires, runs and closes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.chat.client import Easel, Offered, point_at, run_client
from bot.chat.surface import DiscordSurface
from bot.clock import Clock, SystemClock, wait_until
from bot.domain.catalog import Skill
from bot.domain.days import DAY_SECONDS
from bot.domain.gate import GateLimit
from bot.errors import StoreDown
from bot.heartbeat import beat
from bot.logs import conceal
from bot.media.chart import PillowCharts
from bot.media.library import Keeping, MediaLibrary
from bot.media.texts import UploadedTexts
from bot.net import Net
from bot.pipeline.chronicler import Chronicler
from bot.pipeline.courier import Courier
from bot.pipeline.delivery import Delivery
from bot.pipeline.dispatcher import Dispatcher
from bot.pipeline.dispatchers import Dispatchers
from bot.pipeline.doorkeeper import Doorkeeper
from bot.pipeline.exhibits import Exhibits
from bot.pipeline.forgetter import Forgetter
from bot.pipeline.pinger import Pinger
from bot.pipeline.reconciler import Reconciler
from bot.pipeline.references import References
from bot.pipeline.retention import Retention
from bot.pipeline.stage import run_stage
from bot.pipeline.watcher import Watcher
from bot.ports import Account, Provider
from bot.providers.meigen import Meigen
from bot.providers.meshy import Meshy
from bot.services.catalogue import Catalogue
from bot.services.drafts import Drafting
from bot.services.exporting import Exporting
from bot.services.forgetting import Forgetting
from bot.services.going_on import GoingOn
from bot.services.history import Past
from bot.services.inspiration import Inspiration
from bot.services.intake import Intake
from bot.services.keys import Keyring
from bot.services.moderation import Moderation
from bot.services.overview import Overview
from bot.services.preferences import Preferences
from bot.services.prompt_files import PromptFiles
from bot.services.provenance import Tracing
from bot.services.queries import Queries
from bot.services.showing import Showing
from bot.services.signals import Signals
from bot.services.viewing import CardViews
from bot.settings import Settings
from bot.store.sqlite import prune_backups, size_bytes
from bot.store.store import Store, open_store
from bot.vault import Vault, fingerprint, load_pepper
from cogs.buttons import Buttons
from cogs.cards import CardClicks
from cogs.credits import Credits
from cogs.drafts import Drafts
from cogs.guilds import Guilds
from cogs.history import History
from cogs.imagine import Imagine
from cogs.inspire import Inspire
from cogs.limit import Limit
from cogs.limits import Limits
from cogs.limits_desk import Desk
from cogs.limits_forms import LimitForms
from cogs.members import Members
from cogs.menus import Menus
from cogs.models import Models
from cogs.queue import Queue
from cogs.results import Results
from cogs.usage import Usage
from cogs.video import Video

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3600.0
COMMANDS_RETRY_SECONDS = 30.0
STAGES_STOP_SECONDS = 5.5
"""The client takes two seconds more to close; all of it is to end within 8."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs."""

    client: Easel
    stages: Sequence[tuple[str, Coroutine[Any, Any, None]]]


@dataclass(frozen=True, slots=True)
class Cast:
    """What the stages and the services share."""

    store: Store
    clock: Clock
    signals: Signals
    catalogue: Catalogue
    views: CardViews
    media: MediaLibrary
    net: Net
    meigen: Meigen
    providers: Mapping[str, Provider]
    keyring: Keyring


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises StoreHeld, StoreTooNew, StoreDown, VaultError, DiscordLoginRefused; anything else is a fault of our own.
    """
    signals = Signals()
    with _stopped_by_signals(signals):
        async with _opened(settings, signals) as parts:
            await _serve(parts, settings, signals)
    log.info("stopped")


@contextlib.contextmanager
def _stopped_by_signals(signals: Signals) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, signals, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _stop(signals: Signals, number: signal.Signals) -> None:
    log.info("stopping on %s", signal.Signals(number).name)
    signals.stop()


@asynccontextmanager
async def _opened(settings: Settings, signals: Signals) -> AsyncIterator[Parts]:
    clock = SystemClock()
    _check_folder(settings.data_folder)
    vault = Vault.from_settings(settings.secret_keys, settings.data_folder)
    pepper = load_pepper(settings.data_folder)
    owner = secrets.token_hex(8)
    async with (
        open_store(settings.database_path, clock, vault, owner, house=settings.house) as store,
        Net(settings.media_trusted_hosts) as net,
    ):
        meigen = Meigen(net, clock, settings.meigen_base_url)
        meshy = Meshy(net, clock, settings.meshy_base_url, settings.meshy_rate_limit)
        providers: dict[str, Provider] = {each.name: each for each in (meigen, meshy)}
        keyring = await _open_keyring(settings, store, providers, pepper, signals, clock)
        cast = await _cast_of(settings, signals, clock, store, net, meigen, providers, keyring)
        yield _wired(settings, cast)


def _check_folder(folder: Path) -> None:
    """Raises StoreDown where nothing can be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreDown(f"{folder}: {error.strerror}") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StoreDown(f"{folder}: Easel may not write there")


async def _open_keyring(  # noqa: PLR0913  what was opened
    settings: Settings,
    store: Store,
    providers: Mapping[str, Provider],
    pepper: bytes,
    signals: Signals,
    clock: Clock,
) -> Keyring:
    """Every key at hand; whatever an earlier process left open is settled before anything else happens."""
    keys = settings.keys
    limits = {
        "meigen": GateLimit(settings.meigen_rate_limit, settings.meigen_rate_window_seconds),
        "meshy": GateLimit(settings.meshy_rate_limit, 1.0, settings.meshy_task_limit),
    }
    operators = [
        Account(await store.accounts.enter(name, fingerprint(key, pepper)), name, limits[name], key)
        for name, key in keys.items()
    ]
    keyring = Keyring(
        store.keys, providers, limits, operators, lambda key: fingerprint(key, pepper), conceal, signals, clock
    )
    await keyring.open()
    interrupted = await store.submissions.recover(tuple(keyring.accounts.values()))
    if interrupted:
        log.warning("%d submissions were interrupted: their cards say that they may have been charged", interrupted)
    return keyring


async def _cast_of(  # noqa: PLR0913  what was opened
    settings: Settings,
    signals: Signals,
    clock: Clock,
    store: Store,
    net: Net,
    meigen: Meigen,
    providers: Mapping[str, Provider],
    keyring: Keyring,
) -> Cast:
    catalogue = Catalogue(providers.values(), store.asking, clock, keyring)
    await catalogue.restore()
    keeping = Keeping(settings.media_quota_mib * 1024**2, settings.media_kept_days * DAY_SECONDS)
    media = MediaLibrary(
        settings.data_folder / "media", net.media, clock, keeping, lambda: size_bytes(settings.database_path)
    )
    views = CardViews(store.asking, store.guilds, catalogue, keyring.accounts, clock)
    return Cast(store, clock, signals, catalogue, views, media, net, meigen, providers, keyring)


def _wired(settings: Settings, cast: Cast) -> Parts:
    store, clock, signals, catalogue, media = cast.store, cast.clock, cast.signals, cast.catalogue, cast.media
    providers = cast.providers
    client, offered = _client_of(settings, cast)
    surface = DiscordSurface(client)
    delivery = Delivery(store.cards, surface, Exhibits(media, cast.views), clock)
    references = References(store.cards, surface)

    def dispatcher_of(account: Account) -> Dispatcher:
        provider = providers[account.provider]
        return Dispatcher(account, store.submissions, provider, catalogue, references, signals, clock)

    dispatchers = Dispatchers(cast.keyring, dispatcher_of, signals, clock)
    watcher = Watcher(
        store.watching, store.asking, providers, cast.keyring.accounts, signals, clock, settings.meigen_poll_seconds
    )
    reconciler = Reconciler(store.submissions, providers, cast.keyring.accounts, signals, clock)
    courier = Courier(store.cards, delivery, signals, clock)
    pinger = Pinger(store.cards, surface, signals, clock)
    forgetter = Forgetter(store.forgetting, media, signals, clock)
    chronicler = Chronicler(store.logbook, surface, catalogue, signals, clock)
    doorkeeper = Doorkeeper(store.door, store.cards, surface, signals, clock)
    stages = (
        ("dispatchers", dispatchers.run()),
        ("watcher", watcher.run()),
        ("reconciler", reconciler.run()),
        ("courier", _after_login(client, signals, courier.run())),
        ("pinger", _after_login(client, signals, pinger.run())),
        ("doorkeeper", _after_login(client, signals, doorkeeper.run())),
        ("catalogue", catalogue.run(signals.stopping, signals.keys.listen())),
        ("commands", _after_login(client, signals, _follow_keys(client, offered, catalogue, signals, clock))),
        ("chronicler", _after_login(client, signals, chronicler.run())),
        ("retention", Retention(store.retention, signals, clock).run()),
        ("forgetter", forgetter.run()),
        ("sweeper", _sweep(media, settings, signals, clock)),
        ("heartbeat", beat(settings.heartbeat_path, signals.stopping, clock)),
    )
    return Parts(client, stages)


def _client_of(settings: Settings, cast: Cast) -> tuple[Easel, Callable[[], Offered]]:
    """What members meet: services, and the cogs that call them; and which commands the keys at hand make of these."""
    store, catalogue, views = cast.store, cast.catalogue, cast.views
    preferences = Preferences(store.members, catalogue)
    drafting = Drafting(store.drafts, store.asking, store.guilds, catalogue, cast.keyring)
    intake = Intake(
        store.door,
        store.asking,
        catalogue,
        views,
        store.guilds,
        cast.keyring,
        cast.signals,
        settings.house,
        drafting,
    )
    showing = Showing(cast.media, views)
    going_on = GoingOn(intake, drafting, showing, catalogue, preferences)
    queries = Queries(store.asking, store.guilds, catalogue, cast.keyring, cast.clock)
    drafts = Drafts(drafting, intake, PromptFiles(UploadedTexts(cast.net.media)))
    results = Results(intake, going_on, showing, drafts)
    inspiration = Inspiration(cast.meigen, catalogue, preferences, drafting, intake)
    inspire = Inspire(inspiration, intake, drafts, preferences)
    menus = Menus(going_on, drafting, drafts, preferences, Tracing(store.asking, catalogue))
    past = Past(store.history, cast.media, views, catalogue)
    history, queue = History(past, intake, showing), Queue(past, intake)
    forgetting = Forgetting(store.forgetting, cast.signals)
    members = Members(preferences, past, forgetting, catalogue)
    moderation = Moderation(store.guilds, store.door, store.asking, catalogue, cast.signals, settings.house, cast.clock)
    desk = Desk(moderation, cast.keyring)
    limit_forms = LimitForms(desk, moderation, cast.keyring)
    limits = Limits(desk, moderation, cast.keyring, limit_forms)
    usage = Usage(
        Overview(store.guilds, store.seeing, PillowCharts(), catalogue, cast.clock),
        Exporting(store.guilds, store.seeing, cast.clock),
    )
    clicks = (CardClicks(intake), drafts, results, inspire, menus, history, queue, members, limits, usage)
    point_at(settings.discord_api_url, settings.discord_gateway_url)
    always = (
        Models(catalogue, queries),
        Credits(queries),
        history,
        queue,
        usage,
        limits,
        Limit(desk, moderation, catalogue, limit_forms),
        Buttons(
            {action: do for each in clicks for action, do in each.handlers.items()}, {**drafts.forms, **limits.forms}
        ),
        Guilds(intake),
    )

    def offered() -> Offered:
        skills = catalogue.skills
        cogs = [Imagine(intake, catalogue, preferences, queries), Members(preferences, past, forgetting, catalogue)]
        cogs += [Video(intake, catalogue, preferences, queries)] if Skill.VIDEOS in skills else []
        cogs += [inspire] if Skill.GALLERY in skills else []
        return Offered((*cogs, *always), menus.commands(skills))

    client = Easel(
        offered(), documents=store.asking, clock=cast.clock, allow_direct_messages=settings.allow_direct_messages
    )
    return client, offered


async def _after_login(client: Easel, signals: Signals, stage: Coroutine[Any, Any, None]) -> None:
    """Run a stage that speaks to Discord once that can be done; not at all where the stop comes first."""
    waits = [asyncio.create_task(client.logged_in.wait()), asyncio.create_task(signals.stopping.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if client.logged_in.is_set():
            await stage
    finally:
        for wait in waits:
            wait.cancel()
        stage.close()  # says nothing of one that has run


async def _follow_keys(
    client: Easel, offered: Callable[[], Offered], catalogue: Catalogue, signals: Signals, clock: Clock
) -> None:
    """The first key for an upstream that a server brings makes commands of what it is good for; the last takes them."""
    rung, skills = signals.keys.listen(), catalogue.skills

    async def step() -> float | None:
        nonlocal skills
        wanted = catalogue.skills
        if wanted != skills and not await client.try_offer(offered()):
            return clock.now() + COMMANDS_RETRY_SECONDS
        skills = wanted
        return None

    await run_stage("commands", step, rung, signals.stopping, clock)


async def _sweep(media: MediaLibrary, settings: Settings, signals: Signals, clock: Clock) -> None:
    kept_seconds = settings.house.defaults.kept_days * DAY_SECONDS
    while not signals.stopping.is_set():
        await asyncio.to_thread(prune_backups, settings.database_path, clock.now() - kept_seconds)
        await media.sweep()
        await wait_until(signals.stopping, clock.now() + SWEEP_SECONDS, clock)


async def _serve(parts: Parts, settings: Settings, signals: Signals) -> None:
    """Run all stages and the client; if one dies, so does the process. The client closes last."""
    stages_ended = asyncio.Event()
    token = settings.discord_token.get_secret_value()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_client(parts.client, token, signals, stages_ended), name="discord")
        running = [tasks.create_task(_stage(stage, signals), name=name) for name, stage in parts.stages]
        await signals.stopping.wait()
        _, late = await asyncio.wait(running, timeout=STAGES_STOP_SECONDS)
        for task in late:
            log.warning("%s did not stop in time", task.get_name())
            task.cancel()
        stages_ended.set()


async def _client(client: Easel, token: str, signals: Signals, stages_ended: asyncio.Event) -> None:
    try:
        await run_client(client, token, stages_ended)
    finally:
        signals.stop()


async def _stage(stage: Coroutine[Any, Any, None], signals: Signals) -> None:
    try:
        await stage
    finally:
        signals.stop()
