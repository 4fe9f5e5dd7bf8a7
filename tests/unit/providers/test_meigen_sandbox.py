"""The client against the stand-in over real sockets: both keep the documents, so they understand each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.domain.catalog import Medium, Model
from bot.domain.pricing import estimate_credits
from bot.domain.requests import GenerationRequest
from bot.errors import (
    EaselError,
    KeyRejected,
    MediaDown,
    MediaError,
    MediaGone,
    MediaUnsafe,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    Rejected,
    Unavailable,
)
from bot.media.library import MediaLibrary
from bot.net import Net
from bot.ports import Generation, GenerationState, KeyCheck, KeyVerdict
from bot.providers.meigen import Meigen
from sandbox.meigen import Counted, Dialect, Fault, FaultKind, SandboxMeigen

DEADLINE_SECONDS = 20.0
REQUEST = GenerationRequest("a red fox", model_id="z-image-turbo", aspect_ratio="2:3")


@dataclass
class World:
    """A client and the stand-in that it speaks to."""

    upstream: SandboxMeigen
    client: Meigen
    library: MediaLibrary

    async def finished(self, request: GenerationRequest, model: Model | None = None) -> Generation:
        key = self.upstream.key
        accepted = await self.client.submit(request, model, key)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (told := await self.client.look(accepted.generation_id, key)).state is PROCESSING:  # noqa: ASYNC110  a socket
                await asyncio.sleep(0.01)
        return told


PROCESSING = GenerationState.PROCESSING


@asynccontextmanager
async def world(folder: Path = Path("unused"), **options: Any) -> AsyncIterator[World]:
    async with SandboxMeigen(**{"time_scale": 0.001, "rate_limit": 1000, "picture_scale": 0.25, **options}) as upstream:
        async with Net([upstream.host]) as net:
            clock = SystemClock()
            yield World(upstream, Meigen(net, clock, upstream.base_url), MediaLibrary(folder, net.media, clock))
        assert upstream.own_faults == []


@pytest.mark.parametrize("dialect", Dialect)
async def test_from_prompt_to_file(dialect: Dialect, tmp_path: Path) -> None:
    async with world(tmp_path, dialect=dialect) as here:
        done = await here.finished(REQUEST)
        assert done.result is not None
        file = await here.library.fetch(1, 0, done.result.media_urls[0], Medium.IMAGE)
        assert file.content_type == "image/png"
        assert (file.width or 0) / (file.height or 1) == pytest.approx(2 / 3, rel=0.05)


async def test_every_model_is_priced_as_it_is_charged() -> None:
    async with world() as here:
        models = await here.client.models()
        assert len(models) > 9
        for model in models:
            assert model.medium is not None
            request = GenerationRequest("a red fox at dawn", model.medium, model_id=model.id)
            accepted = await here.client.submit(request, model, here.upstream.key)
            estimate = estimate_credits(request, model)
            assert estimate in (accepted.charged_credits, None), model.id
            assert (estimate is None) == (model.id == "happyhorse-1.0"), model.id


async def test_the_default_and_the_four_candidates() -> None:
    async with world() as here:
        by_id = {model.id: model for model in await here.client.models()}
        assert [model.id for model in by_id.values() if model.is_default] == ["gpt-image-2"]
        accepted = await here.client.submit(GenerationRequest("a red fox"), None, here.upstream.key)
        assert accepted.model_id == "gpt-image-2"
        midjourney = by_id["midjourney-v8.1"]
        done = await here.finished(GenerationRequest("a fox", model_id=midjourney.id), midjourney)
        assert done.result is not None
        assert len(done.result.media_urls) == 4


async def test_headers_and_balance_are_told() -> None:
    async with world(rate_limit=12) as here:
        accepted = await here.client.submit(REQUEST, None, here.upstream.key)
        assert (accepted.rate.limit, accepted.rate.remaining) == (12, 11)
        assert accepted.balance is not None
        assert accepted.balance.purchased_credits == here.upstream.purchased()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(FaultKind.DROP_BEFORE), OutcomeUnknown),
        (Fault(FaultKind.DROP_AFTER), OutcomeUnknown),
        (Fault(FaultKind.RESET_AFTER), OutcomeUnknown),
        (Fault(FaultKind.ERROR_BEFORE, status=503), OutcomeUnknown),
        (Fault(FaultKind.ERROR_AFTER, status=500), OutcomeUnknown),
        (Fault(FaultKind.ERROR_BEFORE, status=401), KeyRejected),
        (Fault(FaultKind.ERROR_BEFORE, status=400), Rejected),
        (Fault(FaultKind.RATE_LIMITED), RateLimited),
        (Fault(FaultKind.REFUSED), Rejected),
        (Fault(FaultKind.REDIRECT), OutcomeUnknown),
        (Fault(FaultKind.GARBAGE), OutcomeUnknown),
        (Fault(FaultKind.TRUNCATED), OutcomeUnknown),
        (Fault(FaultKind.CUT), OutcomeUnknown),
        (Fault(FaultKind.WRONG_SHAPE), OutcomeUnknown),
        (Fault(FaultKind.HUGE), OutcomeUnknown),
        (Fault(FaultKind.GZIP_BOMB), OutcomeUnknown),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_faults_of_a_submission(fault: Fault, kind: type[EaselError]) -> None:
    async with world() as here:
        here.upstream.faults.add(fault)
        with pytest.raises(EaselError) as caught:
            await here.client.submit(REQUEST, None, here.upstream.key)
        assert type(caught.value) is kind
        assert sum(request.route == "generate" for request in here.upstream.requests) == 1


async def test_refusals_of_a_submission() -> None:
    async with world() as here:
        poor = here.upstream.add_key(1)
        with pytest.raises(OutOfCredits) as broke:
            await here.client.submit(REQUEST, None, poor)
        assert (broke.value.required, broke.value.available) == (2, 1)
        with pytest.raises(Rejected) as refused:
            await here.client.submit(GenerationRequest("a fox", aspect_ratio="32:9"), None, here.upstream.key)
        assert "16:9" in refused.value.supported_ratios
        with pytest.raises(KeyRejected):
            await here.client.submit(REQUEST, None, "meigen_sk_of_nobody")


async def test_keys_are_told_apart_and_nothing_is_spent_on_it() -> None:
    async with world() as here:
        upstream, check = here.upstream, here.client.check_key
        second, poor, revoked = upstream.add_key(), upstream.add_key(0), upstream.add_key()
        upstream.engine.revoke_key(revoked)
        for key in (upstream.key, second, poor):
            assert await check(key) == KeyCheck(KeyVerdict.RIGHT)
        for key in (revoked, "meigen_sk_of_nobody", upstream.key[:-1], upstream.key.lower()):
            assert await check(key) == KeyCheck(KeyVerdict.WRONG)
        assert upstream.generations == {}
        assert upstream.purchased() == upstream.purchased(second) == upstream.engine.options.credits


@pytest.mark.parametrize("counted", Counted)
async def test_a_check_may_count_towards_the_limit_and_then_comes_too_soon(counted: Counted) -> None:
    async with world(rate_limit=1, counting="sliding", counted=counted) as here:
        told = [await here.client.check_key(here.upstream.key) for _ in range(2)]
        assert told[0] == KeyCheck(KeyVerdict.RIGHT)
        assert told[1].verdict is (KeyVerdict.RIGHT if counted is Counted.ACCEPTED else KeyVerdict.RATE_LIMITED)
        assert (told[1].retry_after_seconds is None) is (counted is Counted.ACCEPTED)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault(FaultKind.DROP_BEFORE), KeyVerdict.UNTOLD),
        (Fault(FaultKind.DROP_AFTER), KeyVerdict.UNTOLD),
        (Fault(FaultKind.RESET_AFTER), KeyVerdict.UNTOLD),
        (Fault(FaultKind.ERROR_BEFORE, status=503), KeyVerdict.UNTOLD),
        (Fault(FaultKind.ERROR_BEFORE, status=401), KeyVerdict.WRONG),
        (Fault(FaultKind.REDIRECT), KeyVerdict.UNTOLD),
        (Fault(FaultKind.TRUNCATED), KeyVerdict.UNTOLD),
        (Fault(FaultKind.HUGE), KeyVerdict.UNTOLD),
        (Fault(FaultKind.GZIP_BOMB), KeyVerdict.UNTOLD),
        (Fault(FaultKind.RATE_LIMITED), KeyVerdict.RATE_LIMITED),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_faults_of_a_check(fault: Fault, verdict: KeyVerdict) -> None:
    async with world() as here:
        here.upstream.faults.add(fault)
        assert (await here.client.check_key(here.upstream.key)).verdict is verdict
        assert len(here.upstream.requests) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(FaultKind.DROP_BEFORE, "status"), Unavailable),
        (Fault(FaultKind.ERROR_BEFORE, "status", status=404), NotFound),
        (Fault(FaultKind.RATE_LIMITED, "status"), Unavailable),
        (Fault(FaultKind.GARBAGE, "status"), Unavailable),
        (Fault(FaultKind.TRUNCATED, "status"), Unavailable),
        (Fault(FaultKind.WRONG_SHAPE, "status"), Unavailable),
        (Fault(FaultKind.GZIP_BOMB, "status"), Unavailable),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_faults_of_a_look(fault: Fault, kind: type[EaselError]) -> None:
    async with world() as here:
        accepted = await here.client.submit(REQUEST, None, here.upstream.key)
        here.upstream.faults.add(fault)
        with pytest.raises(EaselError) as caught:
            await here.client.look(accepted.generation_id, here.upstream.key)
        assert type(caught.value) is kind


async def test_a_generation_that_fails() -> None:
    async with world() as here:
        here.upstream.faults.add(Fault(FaultKind.FAILS, error="Content policy violation"))
        told = await here.finished(REQUEST)
        assert told.failure is not None
        assert told.failure.message == "Content policy violation"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (FaultKind.GONE, MediaGone),
        (FaultKind.EXPIRED, MediaGone),
        (FaultKind.HTML, MediaUnsafe),
        (FaultKind.EMPTY, MediaUnsafe),
        (FaultKind.ONE_BYTE, MediaUnsafe),
        (FaultKind.GZIP_BOMB, MediaUnsafe),
        (FaultKind.REDIRECT, MediaUnsafe),
        (FaultKind.DROP_BEFORE, MediaDown),
        (FaultKind.CUT, MediaDown),
        (FaultKind.ERROR_BEFORE, MediaDown),
    ],
)
async def test_faults_of_a_file(fault: FaultKind, kind: type[MediaError], tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        done = await here.finished(REQUEST)
        assert done.result is not None
        here.upstream.faults.add(Fault(fault, "media"))
        with pytest.raises(MediaError) as caught:
            await here.library.fetch(1, 0, done.result.media_urls[0], Medium.IMAGE)
        assert type(caught.value) is kind
        assert (await here.library.fetch(1, 0, done.result.media_urls[0], Medium.IMAGE)).width
