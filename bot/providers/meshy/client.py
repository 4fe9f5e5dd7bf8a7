"""The thin shell that sends: keys go into headers and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import quote

from bot.clock import Clock
from bot.domain.catalog import Model, Skill
from bot.domain.jobs import Job
from bot.domain.requests import GenerationRequest
from bot.errors import Unavailable
from bot.net import Answer, Net, NetError
from bot.ports import Accepted, Balance, Generation, GenerationState, KeyCheck, KeyVerdict, Listed
from bot.providers.keys import bearer, blotted, is_sendable, without
from bot.providers.meshy.answers import (
    generation_of,
    lookup_failure,
    read_balance,
    read_event,
    read_key_check,
    read_page,
    read_submission,
    read_task,
)
from bot.providers.meshy.build import PAGE_MOST, list_query, task_body
from bot.providers.meshy.catalogue import MODELS, PROVIDER, ai_model
from bot.providers.meshy.events import EventReader
from bot.providers.meshy.pace import Pace
from bot.providers.sending import asked, checked, submitted

TASKS = "/openapi/v1/text-to-image"
PAGES_MOST = 20
"""So far back a list is read: a thousand tasks."""

log = logging.getLogger(__name__)


class Meshy:
    """Implements `bot.ports.Provider` and all that one may do besides: Follows, Lists, Recalls, TellsBalance."""

    name = PROVIDER
    key_prefix = "msy_"
    skills = frozenset({Skill.POSES})
    poll_seconds = 3.0

    def __init__(self, net: Net, clock: Clock, base_url: str, requests_per_second: int) -> None:
        """`base_url` is an origin; a slash behind it does not matter."""
        self._net = net
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._pace = Pace(requests_per_second, clock)

    async def models(self) -> Sequence[Model]:
        return MODELS

    async def submit(self, request: GenerationRequest, model: Model | None, key: str) -> Accepted:
        """`POST /openapi/v1/text-to-image`, once. Raises SubmissionError, and nothing else."""
        await self._pace.turn(key)
        url, body = self._base_url + TASKS, task_body(request, model)
        return read_submission(await submitted(self._net.submissions, url, body, key), self._clock.now())

    async def look(self, generation_id: str, key: str) -> Generation:
        """`GET /openapi/v1/text-to-image/:id`. Raises LookupFailed."""
        answer = await self._ask("GET", _path(generation_id), key)
        return generation_of(read_task(answer, self._clock.now()))

    async def follow(self, generation_id: str, key: str) -> AsyncGenerator[Generation, None]:
        """`GET /openapi/v1/text-to-image/:id/stream`: how it stands, at each news. Raises LookupFailed.

        Events may come out of order: it never goes back.
        """
        url = f"{self._base_url}{_path(generation_id)}/stream"
        headers = {**bearer(checked(key)), "accept": "text/event-stream"}
        reader, reached = EventReader(), (False, 0)
        await self._pace.turn(key)
        try:
            async with self._net.streams.stream("GET", url, headers) as incoming:
                if not incoming.head.is_success:
                    raise lookup_failure(Answer(incoming.head, b""), self._clock.now())
                async for chunk in incoming.chunks():
                    for event in reader.take(without(key, Answer(incoming.head, chunk)).body):
                        generation = generation_of(read_event(event.name, event.data))
                        step = (generation.is_begun, generation.progress_percent or 0)
                        if generation.state is GenerationState.PROCESSING and step < reached:
                            continue
                        reached = step
                        yield generation
        except NetError as error:
            raise Unavailable(blotted(error.detail, key)) from error

    async def page(
        self, key: str, page_num: int, page_size: int = PAGE_MOST, *, newest_first: bool = True
    ) -> tuple[list[Listed], int]:
        """`GET /openapi/v1/text-to-image`: the tasks of a page, and how many it had. Raises LookupFailed."""
        query = list_query(page_num, page_size, newest_first=newest_first)
        return read_page(await self._ask("GET", f"{TASKS}?{query}", key), self._clock.now())

    async def made_since(self, since: float, key: str) -> Sequence[Listed]:
        """What was created since (epoch seconds), newest first. Raises LookupFailed."""
        found: dict[str, Listed] = {}
        for page_num in range(1, PAGES_MOST + 1):
            tasks, count = await self.page(key, page_num)
            # Tasks that come meanwhile push others to the next page, where they are met again.
            found |= {task.generation_id: task for task in tasks if task.created_at >= since}
            if count < PAGE_MOST or any(task.created_at < since for task in tasks):
                break
        return list(found.values())

    def is_of(self, listed: Listed, job: Job) -> bool:
        return (listed.prompt, listed.model) == (job.request.prompt, ai_model(job.request.model_id))

    async def recall(self, generation_id: str, key: str) -> bool:
        """`DELETE /openapi/v1/text-to-image/:id` of one that is PENDING, whose credits come back. Raises LookupFailed.

        Refused (False): it has begun meanwhile. One that has ended would be deleted for good: look before.
        """
        answer = await self._ask("DELETE", _path(generation_id), key)
        if answer.head.is_success or answer.status == 404:  # noqa: PLR2004  Not Found
            return True
        if answer.head.is_client_error and answer.status not in (401, 429):
            return False
        raise lookup_failure(answer, self._clock.now())

    async def balance(self, key: str) -> Balance:
        """`GET /openapi/v1/balance`. Raises LookupFailed."""
        return read_balance(await self._ask("GET", "/openapi/v1/balance", key), self._clock.now())

    async def check_key(self, key: str) -> KeyCheck:
        """By the balance, which starts nothing and costs nothing. Raises nothing."""
        if not is_sendable(key):
            return KeyCheck(KeyVerdict.WRONG)
        try:
            answer = await self._ask("GET", "/openapi/v1/balance", key)
        except Unavailable as error:
            log.info("%s does not answer whether a key is good: %s", self.name, error.detail)
            return KeyCheck(KeyVerdict.UNTOLD)
        return read_key_check(answer, self._clock.now())

    async def _ask(self, method: str, path: str, key: str) -> Answer:
        """Anything but a submission. Raises Unavailable."""
        await self._pace.turn(key)
        return await asked(self._net.polls, method, self._base_url + path, key)


def _path(generation_id: str) -> str:
    return f"{TASKS}/{quote(generation_id, safe='')}"
