"""Meshy without sockets: the sandbox's state machine, through the client's own building and reading."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Sequence

from bot.clock import Clock
from bot.domain.catalog import Model, Skill
from bot.domain.requests import GenerationRequest
from bot.net import Answer, Head
from bot.ports import Accepted, Generation, KeyCheck
from bot.providers.meshy.answers import generation_of, read_event, read_key_check, read_submission, read_task
from bot.providers.meshy.build import task_body
from bot.providers.meshy.catalogue import MODELS
from sandbox.meshy import MeshyEngine
from sandbox.upstream.engine import Answer as EngineAnswer
from tests.simulation.upstream import Latency

NEWS_SECONDS = 0.25


class SimulatedMeshy:
    """`bot.ports.Provider` and `Follows`."""

    name = "meshy"
    key_prefix = ""
    skills = frozenset({Skill.POSES})
    poll_seconds = 3.0

    def __init__(self, engine: MeshyEngine, clock: Clock, dice: random.Random, latency: Latency) -> None:
        self._engine = engine
        self._clock = clock
        self._dice = dice
        self._latency = latency

    async def models(self) -> Sequence[Model]:
        return MODELS

    async def submit(self, request: GenerationRequest, model: Model | None, key: str) -> Accepted:
        await self._travel()
        answer = self._engine.create(self._clock.now(), key, task_body(request, model))
        await self._travel()
        return read_submission(_wire(answer), self._clock.now())

    async def look(self, generation_id: str, key: str) -> Generation:
        await self._travel()
        answer = self._engine.retrieve(self._clock.now(), key, generation_id)
        await self._travel()
        return generation_of(read_task(_wire(answer), self._clock.now()))

    async def follow(self, generation_id: str, key: str) -> AsyncGenerator[Generation, None]:
        told = 0
        while True:
            history = self._engine.history(self._clock.now(), key, generation_id)
            for event in history[told:]:
                yield generation_of(read_event(event.name, json.dumps(event.data)))
                if event.is_last:
                    return
            told = len(history)
            await asyncio.sleep(NEWS_SECONDS)

    async def check_key(self, key: str) -> KeyCheck:
        return read_key_check(_wire(self._engine.balance(self._clock.now(), key)), self._clock.now())

    async def _travel(self) -> None:
        await asyncio.sleep(self._latency.draw(self._dice))


def _wire(answer: EngineAnswer) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(Head(answer.status, headers), json.dumps(answer.body).encode())
