"""Requests per second and tasks in the queue: the two kinds of 429, told apart by their message alone."""

import math
from typing import Any

import pytest

from sandbox.meshy import MeshyEngine, MeshyOptions
from tests.sandbox.meshy_client import ORDER, TASKS, serving

NOW = 1_800_000_000.0


def opened(**options: Any) -> tuple[MeshyEngine, str]:
    engine = MeshyEngine(MeshyOptions(**options))
    return engine, engine.add_key()


def test_twenty_requests_a_second() -> None:
    engine, key = opened()
    answers = [engine.balance(NOW + 0.04 * number, key) for number in range(24)]
    assert [answer.status for answer in answers] == [200] * 20 + [429] * 4
    assert answers[-1].body == {"message": "RateLimitExceeded: too many requests per second"}
    assert answers[-1].headers == {}
    assert (engine.rate_limited, engine.queue_limited) == (4, 0)
    assert engine.balance(NOW + 1, key).status == 200


@pytest.mark.parametrize(("counting", "passed"), [("fixed", 20), ("anchored", 0), ("sliding", 0), ("bucket", 1)])
def test_ways_to_count(counting: str, passed: int) -> None:
    """Two bursts around a whole second."""
    engine, key = opened(counting=counting)
    assert [engine.balance(NOW + 0.95, key).status for _ in range(20)] == [200] * 20
    assert [engine.balance(NOW + 1.0, key).status for _ in range(30)] == [200] * passed + [429] * (30 - passed)


def test_every_endpoint_counts_and_is_refused() -> None:
    engine, key = opened(rate_limit=7, start_seconds=99)
    for at, status in ((0, 200), (0.5, 429)):
        answers = [
            engine.create(NOW + at, key, ORDER),
            engine.retrieve(NOW + at, key, next(iter(engine.tasks))),
            engine.page(NOW + at, key, {}),
            engine.balance(NOW + at, key),
            engine.probe(NOW + at, key),
            engine.open_stream(NOW + at, key),
            engine.delete(NOW + at, key, next(iter(engine.tasks))),
        ]
        assert [answer.status for answer in answers] == [202 if status == 200 else 429] + [status] * 6
    assert engine.rate_limited == 7
    assert engine.history(NOW + 0.5, key, "nowhere")  # what an open stream tells is no request


def test_refused_requests_do_not_count() -> None:
    engine, key = opened(rate_limit=1, counting="sliding")
    assert [engine.balance(NOW + at, key).status for at in (0, 0.5, 0.9, 1.1)] == [200, 429, 429, 200]


def test_the_rate_is_each_keys_own() -> None:
    engine, key = opened(rate_limit=1)
    assert [engine.balance(NOW, who).status for who in (key, engine.add_key(), key)] == [200, 200, 429]


def test_only_the_rate_tells_when_to_come_back_and_only_if_it_shall() -> None:
    engine, key = opened(rate_limit=2, task_limit=1, retry_after=True)
    made, queue_full, too_fast = (engine.create(NOW, key, ORDER) for _ in range(3))
    assert (made.status, queue_full.status, queue_full.headers) == (202, 429, {})
    assert (too_fast.status, too_fast.headers) == (429, {"Retry-After": "1"})


async def test_both_over_a_socket() -> None:
    limits = {"rate_limit": 3, "rate_window_seconds": 3600, "task_limit": 1}
    async with serving(**limits, counting="sliding", start_seconds=math.inf) as client:
        answers = [await client.create() for _ in range(3)]
        answers.append(await client.http.get(TASKS))
        assert [answer.status_code for answer in answers] == [202, 429, 429, 429]
        words = [answer.json()["message"].partition(":")[0] for answer in answers[1:]]
        assert words == ["NoMoreConcurrentTasks", "NoMoreConcurrentTasks", "RateLimitExceeded"]
        assert client.meshy.rate_limited == 3
        assert (client.meshy.engine.queue_limited, client.meshy.engine.rate_limited) == (2, 1)
