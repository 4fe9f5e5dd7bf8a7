"""MeiGen without sockets: the sandbox's state machine, through the client's own building and reading."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.clock import Clock
from bot.domain.catalog import Model, Skill
from bot.domain.requests import GenerationRequest
from bot.errors import NotFound, NotSent, OutcomeUnknown, RateLimited, Unavailable
from bot.net import Answer, Head
from bot.ports import Accepted, Generation, KeyCheck
from bot.providers.meigen.answers import read_generation, read_key_check, read_submission
from bot.providers.meigen.build import generation_body
from bot.providers.meigen.catalogue import read_models
from sandbox.meigen import Answer as EngineAnswer
from sandbox.meigen import MeigenEngine


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one way, in seconds."""

    least_seconds: float = 0.025
    most_seconds: float = 0.25

    def draw(self, dice: random.Random) -> float:
        return dice.uniform(self.least_seconds, self.most_seconds)


@dataclass(frozen=True, slots=True)
class MeigenFaults:
    """Shares from 0 to 1, of submissions or of looks."""

    unreachable: float = 0.0
    limited: float = 0.0
    """429 that the upstream's count does not explain."""
    lost_before: float = 0.0
    lost_after: float = 0.0
    """Carried out, and the answer lost."""
    blind_looks: float = 0.0
    blind_seconds: float = 0.0
    """How long one of those takes."""
    unknown_looks: float = 0.0
    """404, though it is there."""


FAULTLESS = MeigenFaults()


class SimulatedMeigen:
    """`bot.ports.Provider`. `effect` is told of every change in the world outside."""

    name = "meigen"
    key_prefix = ""
    skills = frozenset(Skill)

    def __init__(  # noqa: PLR0913  the knobs of a world
        self,
        engine: MeigenEngine,
        clock: Clock,
        dice: random.Random,
        effect: Callable[[str], None],
        latency: Latency,
        faults: MeigenFaults = FAULTLESS,
        unanswered: set[str] | None = None,
    ) -> None:
        """`unanswered` is told the prompts of submissions whose answer was lost on the way."""
        self._faults = faults
        self._unanswered = set() if unanswered is None else unanswered
        self._engine = engine
        self._clock = clock
        self._dice = dice
        self._effect = effect
        self._latency = latency

    async def models(self) -> Sequence[Model]:
        models, _ = read_models(_wire(self._engine.models()).body)
        return models

    async def submit(self, request: GenerationRequest, model: Model | None, key: str) -> Accepted:
        faults = self._faults
        if self._strikes(faults.unreachable):
            raise NotSent("refused")
        self._effect("post left")
        await self._travel()
        if self._strikes(faults.limited):
            raise RateLimited(self._dice.choice([None, 1.0, 20.0, 90.0]))
        if self._strikes(faults.lost_before):
            raise self._lost(request)
        answer = self._engine.create(self._clock.now(), key, generation_body(request, model))
        self._effect("post arrived")
        await self._travel()
        if self._strikes(faults.lost_after):
            raise self._lost(request)
        return read_submission(_wire(answer), self._clock.now())

    async def look(self, generation_id: str, key: str) -> Generation:
        await self._travel()
        if self._strikes(self._faults.blind_looks):
            await asyncio.sleep(self._faults.blind_seconds)
            raise Unavailable("502")
        if self._strikes(self._faults.unknown_looks):
            raise NotFound
        answer = self._engine.status(self._clock.now(), generation_id, key)
        await self._travel()
        return read_generation(_wire(answer), self._clock.now())

    async def check_key(self, key: str) -> KeyCheck:
        await self._travel()
        answer = self._engine.create(self._clock.now(), key, {})
        await self._travel()
        return read_key_check(_wire(answer), self._clock.now())

    def _lost(self, request: GenerationRequest) -> OutcomeUnknown:
        self._unanswered.add(request.prompt)
        return OutcomeUnknown("reset")

    def _strikes(self, share: float) -> bool:
        return self._dice.random() < share

    async def _travel(self) -> None:
        await asyncio.sleep(self._latency.draw(self._dice))


def _wire(answer: EngineAnswer) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(Head(answer.status, headers), json.dumps(answer.body).encode())
