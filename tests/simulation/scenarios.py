"""What members do, and how the world is while they do it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.gate import GateLimit
from bot.domain.requests import GenerationRequest
from bot.errors import Refused
from bot.ports import CardKind
from bot.services.intake import Intake
from bot.services.origin import Origin
from bot.ui.cards import draw
from sandbox.meigen import MeigenEngine, MeigenOptions
from tests.simulation.discord import DiscordFaults, DiscordState
from tests.simulation.house import Outside, fresh_database
from tests.simulation.upstream import MeigenFaults
from tests.simulation.virtual_loop import LoopClock

LIMIT = GateLimit(12, 60.0)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The first `failing` jobs fail upstream, the next `cancels` are called back, the last `deletions` lose their
    card."""

    name: str
    seed: int
    jobs: int = 21
    guilds: int = 3
    users: int = 5
    cancels: int = 2
    deletions: int = 1
    failing: int = 2
    spread_seconds: float = 20.0
    accounts: int = 1
    upstream: MeigenFaults = field(default_factory=MeigenFaults)
    discord: DiscordFaults = field(default_factory=DiscordFaults)

    def __str__(self) -> str:
        return f"{self.name}-{self.seed}"


UPSTREAM_FAULTS = MeigenFaults(
    unreachable=0.1, limited=0.1, lost_before=0.1, lost_after=0.1, blind_looks=0.2, unknown_looks=0.1
)
DISCORD_FAULTS = DiscordFaults(
    token_seconds=25.0, down=0.15, answer_lost=0.15, uneditable=0.5, closed_channels=frozenset({1010})
)

SCENARIOS = (
    *(Scenario("plain", seed) for seed in (1, 2)),
    *(Scenario("upstream faults", seed, upstream=UPSTREAM_FAULTS) for seed in (3, 4)),
    *(Scenario("discord faults", seed, discord=DISCORD_FAULTS) for seed in (5, 6)),
    *(Scenario("two accounts", seed, accounts=2, guilds=4, users=7) for seed in (7, 8)),
)


def new_world(scenario: Scenario) -> Outside:
    engine = MeigenEngine(
        MeigenOptions(
            rate_limit=LIMIT.requests,
            rate_window_seconds=LIMIT.window_seconds,
            counting="sliding",
            seed=scenario.seed,
            time_scale=0.5,
        )
    )
    keys = tuple(engine.add_key(100_000) for _ in range(scenario.accounts))
    return Outside(fresh_database(), engine, DiscordState(scenario.discord), keys, scenario.upstream)


async def act(  # noqa: PLR0913  a member in their world
    number: int,
    scenario: Scenario,
    intakes: list[Intake],
    discord: DiscordState,
    effect: Callable[[str], None],
    begun: Callable[[int], None] = lambda _: None,
) -> None:
    """One member asks; some call back, or delete the message, a little later. `begun` is told once they have asked."""
    dice = random.Random(f"{scenario.seed} {number}")
    await asyncio.sleep(dice.uniform(0, scenario.spread_seconds))
    begun(number)
    origin = _origin(number, scenario, LoopClock().now())
    assert origin.guild_id is not None
    intake = intakes[origin.guild_id % len(intakes)]
    discord.tokens[origin.token] = LoopClock().now()
    prompt = f"picture number {number}{' [fail]' if number < scenario.failing else ''}"
    try:
        offer = await intake.offer(GenerationRequest(prompt, model_id="z-image-turbo"), origin)
    except Refused:
        return
    await asyncio.sleep(dice.uniform(0.02, 0.2))
    message_id = discord.answer(origin.token, origin.channel_id, draw(offer.view))
    effect("answered")
    await asyncio.sleep(dice.uniform(0.02, 0.2))
    await intake.confirm(offer.job.id, message_id)
    if scenario.failing <= number < scenario.failing + scenario.cancels:
        await asyncio.sleep(dice.uniform(0, 30))
        await intake.cancel(offer.job.id, origin)
    elif number >= scenario.jobs - scenario.deletions:
        await asyncio.sleep(dice.uniform(0, 30))
        if message_id in discord.standing:
            discord.delete(message_id)
            effect("deleted")


def _origin(number: int, scenario: Scenario, now: float) -> Origin:
    user_id = 1 + number % scenario.users
    guild_id = 100 + user_id % scenario.guilds
    expires_at = now + scenario.discord.token_seconds
    return Origin(guild_id, guild_id * 10, user_id, f"token-{number}", expires_at, CardKind.CHANNEL, 10_000_000)
