"""The state machine in virtual time: order of checks, money, the queue, states, answers."""

import copy
import math
import uuid
from typing import Any, cast

import pytest

from sandbox.meshy import Answer, Event, MeshyEngine, MeshyOptions, Status
from sandbox.meshy.orders import read_order
from sandbox.meshy.tasks import Task, whole
from tests.support import meshy_samples

NOW = 1_800_000_000.0
ORDER = {"ai_model": "nano-banana", "prompt": "a small house"}
DAYS = 86_400.0


def opened(purchased: int = 1000, **options: Any) -> tuple[MeshyEngine, str]:
    engine = MeshyEngine(MeshyOptions(**options), media_url="https://assets.example")
    return engine, engine.add_key(purchased)


def made(engine: MeshyEngine, key: str, now: float = NOW, **fields: object) -> str:
    """Create a task; its id."""
    answer = engine.create(now, key, ORDER | fields)
    assert answer.status == 202, answer
    return cast("str", answer.body["result"])


def told(engine: MeshyEngine, key: str, task_id: str, now: float) -> dict[str, Any]:
    answer = engine.retrieve(now, key, task_id)
    assert answer.status == 200, answer
    return cast("dict[str, Any]", answer.body)


def statuses(engine: MeshyEngine, now: float) -> list[str]:
    engine.advance(now)
    return [task.status.value for task in engine.tasks.values()]


def test_keys_look_as_documented() -> None:
    _, key = opened()
    assert key.startswith("msy_")
    assert len(key) == len("msy_dummy_api_key_for_test_mode_12345678")


def test_the_documents_task() -> None:
    sample = meshy_samples.TASK
    task = Task(
        id=sample["id"],
        key="msy_mine",
        order=read_order(meshy_samples.CREATE),
        payload=meshy_samples.CREATE,
        credits=3,
        created_at=1692771650.657,
        queued_until=1692771651,
        takes_seconds=2.0,
        error=None,
        status=Status.SUCCEEDED,
        started_at=1692771667.037,
        finished_at=1692771669.037,
        expires_at=1692771679.037,
    )
    body = whole(task, 1692771679.0, 0, "https://assets.meshy.ai/***", null_times=False)
    assert body == sample | {"image_urls": [sample["image_urls"][0].replace("Expires=***", "Expires=1692771679")]}
    assert list(body) == list(sample)


@pytest.mark.parametrize("status", [202, 200])
def test_an_accepted_request(status: int) -> None:
    engine, key = opened(100, create_status=status)
    answer = engine.create(NOW, key, meshy_samples.CREATE)
    task_id = answer.body["result"]
    assert answer == Answer(status, {"result": task_id})
    assert uuid.UUID(task_id).version == 7
    assert list(engine.tasks) == [task_id]
    assert engine.accounts[key].purchased == 97


def test_ids_sort_by_time() -> None:
    engine, key = opened()
    ids = [made(engine, key, NOW + at) for at in (0, 0.5, 1, 7)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("key", [None, "", "msy_" + "x" * 36, "revoked"])
def test_a_key_that_is_not_valid_is_refused_everywhere(key: str | None) -> None:
    engine, owner = opened()
    task_id = made(engine, owner)
    engine.add_key(key="revoked")
    engine.revoke_key("revoked")
    answers = [
        engine.create(NOW, key, ORDER),
        engine.retrieve(NOW, key, task_id),
        engine.page(NOW, key, {}),
        engine.delete(NOW, key, task_id),
        engine.balance(NOW, key),
        engine.probe(NOW, key),
        engine.open_stream(NOW, key),
    ]
    assert {(answer.status, answer.body["message"]) for answer in answers} == {(401, "Invalid API key")}


def test_key_then_rate_then_validity_then_queue_then_credits() -> None:
    engine, key = opened(3, rate_limit=1, task_limit=1)
    bad: dict[str, object] = {"prompt": ""}
    made(engine, key)
    asked = [("nobody", 0.1, bad), (key, 0.1, bad), (key, 1, bad), (key, 2, ORDER), (key, 30, ORDER)]
    assert [engine.create(NOW + at, who, body).status for who, at, body in asked] == [401, 429, 400, 429, 402]


def test_too_little_credit() -> None:
    engine, key = opened(8)
    answer = engine.create(NOW, key, ORDER | {"ai_model": "nano-banana-pro"})
    assert answer == Answer(402, {"message": "Insufficient credits"})
    assert (engine.tasks, engine.accounts[key].purchased) == ({}, 8)


def test_the_last_credit_can_be_spent() -> None:
    engine, key = opened(9)
    made(engine, key, ai_model="gpt-image-2")
    assert engine.balance(NOW, key) == Answer(200, {"balance": 0})


def test_prices_can_be_changed() -> None:
    engine, key = opened(10)
    model = engine.catalogue["nano-banana"]
    engine.catalogue = {"nano-banana": type(model)("nano-banana", 7, 1.0)}
    made(engine, key)
    assert engine.accounts[key].purchased == 3
    assert engine.create(NOW, key, ORDER | {"ai_model": "nano-banana-2"}).status == 400


def test_a_task_from_pending_to_succeeded() -> None:
    engine, key = opened()
    task_id = made(engine, key, aspect_ratio="16:9")
    pending = {
        "id": task_id,
        "type": "text-to-image",
        "ai_model": "nano-banana",
        "prompt": "a small house",
        "status": "PENDING",
        "progress": 0,
        "created_at": 1_800_000_000_000,
        "started_at": 0,
        "finished_at": 0,
        "expires_at": 0,
        "preceding_tasks": 0,
        "image_urls": [],
        "task_error": {"message": ""},
    }
    assert told(engine, key, task_id, NOW + 0.9) == pending
    engine.tasks[task_id].takes_seconds = 15.0
    started = pending | {"status": "IN_PROGRESS", "started_at": 1_800_000_001_000}
    assert told(engine, key, task_id, NOW + 1) == started
    assert told(engine, key, task_id, NOW + 7) == started | {"progress": 40}
    assert told(engine, key, task_id, NOW + 15.999) == started | {"progress": 99}
    expires_at = 1_800_000_016 + 3 * 86_400
    assert told(engine, key, task_id, NOW + 500) == started | {
        "status": "SUCCEEDED",
        "progress": 100,
        "finished_at": 1_800_000_016_000,
        "expires_at": expires_at * 1000,
        "image_urls": [f"https://assets.example/tasks/{task_id}/output/image.png?Expires={expires_at}"],
    }


def test_times_that_are_not_yet_can_be_null() -> None:
    engine, key = opened(null_times=True)
    body = told(engine, key, made(engine, key), NOW)
    assert [body[name] for name in ("started_at", "finished_at", "expires_at")] == [None, None, None]


def test_credits_of_a_task_can_be_told() -> None:
    engine, key = opened(tells_credits=True)
    fine, failing = made(engine, key), made(engine, key, prompt="a house [fail]")
    assert told(engine, key, fine, NOW)["consumed_credits"] == 3
    assert told(engine, key, failing, NOW)["consumed_credits"] == 3
    assert told(engine, key, failing, NOW + 60)["consumed_credits"] == 0


def test_multi_view_gives_three() -> None:
    engine, key = opened()
    urls = told(engine, key, made(engine, key, NOW - 60, generate_multi_view=True), NOW)["image_urls"]
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == ["image_0.png", "image_1.png", "image_2.png"]


def test_times_vary_a_little_and_scale() -> None:
    engine, key = opened(time_scale=0.1, task_limit=100)
    for _ in range(12):
        made(engine, key)
    took = [task.takes_seconds for task in engine.tasks.values()]
    assert len(set(took)) > 6
    assert all(1.2 < seconds < 1.8 for seconds in took)
    assert {task.queued_until for task in engine.tasks.values()} == {NOW + 0.1}


class TestQueue:
    def test_only_so_many_run_at_once_and_others_count_down(self) -> None:
        engine, key = opened(running_limit=2)
        ids = [made(engine, key) for _ in range(5)]
        for task_id, seconds in zip(ids, (10, 20, 10, 30, 30), strict=True):
            engine.tasks[task_id].takes_seconds = seconds

        def preceding(at: float) -> list[int]:
            return [told(engine, key, task_id, NOW + at)["preceding_tasks"] for task_id in ids]

        assert preceding(0) == [0, 1, 2, 3, 4]
        assert preceding(1) == [0, 0, 0, 1, 2]
        assert statuses(engine, NOW + 10.9) == ["IN_PROGRESS", "IN_PROGRESS", "PENDING", "PENDING", "PENDING"]
        assert preceding(11) == [0, 0, 0, 0, 1]
        assert preceding(21) == [0, 0, 0, 0, 0]
        assert statuses(engine, NOW + 21) == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "IN_PROGRESS", "IN_PROGRESS"]

    def test_who_waits_starts_when_a_place_is_free_and_not_when_somebody_looks(self) -> None:
        engine, key = opened(running_limit=1)
        first, second = made(engine, key), made(engine, key)
        engine.tasks[first].takes_seconds = engine.tasks[second].takes_seconds = 10.0
        engine.advance(NOW + 999)
        assert (engine.tasks[second].started_at, engine.tasks[second].finished_at) == (NOW + 11, NOW + 21)

    def test_a_full_queue(self) -> None:
        engine, key = opened(task_limit=2)
        first = made(engine, key)
        made(engine, key)
        answer = engine.create(NOW, key, ORDER)
        assert answer.status == 429
        assert answer.body["message"].startswith("NoMoreConcurrentTasks: ")
        assert answer.headers == {}
        assert (engine.queue_limited, engine.rate_limited, engine.accounts[key].purchased) == (1, 0, 994)
        assert engine.delete(NOW, key, first).status == 200
        made(engine, key)
        assert engine.create(NOW + 0.5, key, ORDER).status == 429
        made(engine, key, NOW + 60)

    def test_the_other_word_for_a_full_queue(self) -> None:
        engine, key = opened(task_limit=0, queue_error="NoMorePendingTasks")
        assert engine.create(NOW, key, ORDER).body["message"].startswith("NoMorePendingTasks: ")

    def test_the_queue_is_each_keys_own(self) -> None:
        engine, key = opened(task_limit=1, running_limit=1)
        other = engine.add_key(100)
        made(engine, key)
        theirs = made(engine, other)
        assert told(engine, other, theirs, NOW)["preceding_tasks"] == 0
        assert statuses(engine, NOW + 1) == ["IN_PROGRESS", "IN_PROGRESS"]

    def test_one_that_never_ends_keeps_its_place(self) -> None:
        engine, key = opened(running_limit=1)
        never, waiting = made(engine, key), made(engine, key)
        engine.postpone(never, math.inf)
        assert statuses(engine, NOW + 1e9) == ["IN_PROGRESS", "PENDING"]
        assert told(engine, key, never, NOW + 1e9)["progress"] == 0
        engine.postpone(waiting, 5)
        engine.tasks[never].takes_seconds = 2.0
        assert statuses(engine, NOW + 1e9 + 1) == ["SUCCEEDED", "SUCCEEDED"]


class TestEndings:
    def test_a_failure_gives_the_credits_back_once(self) -> None:
        engine, key = opened(100)
        task_id = made(engine, key, prompt="something [fail]", ai_model="nano-banana-pro")
        assert engine.accounts[key].purchased == 91
        assert told(engine, key, task_id, NOW)["task_error"] == {"message": ""}
        for later in (100, 200, 300):
            body = told(engine, key, task_id, NOW + later)
        assert (body["status"], body["task_error"]) == ("FAILED", {"message": "Content policy violation"})
        assert (body["image_urls"], body["progress"]) == ([], 99)
        assert body["finished_at"] > body["started_at"] > body["created_at"]
        assert engine.accounts[key].purchased == 100
        assert engine.tasks[task_id].refunded
        assert engine.net_credits(key) == 0

    def test_a_canceled_task_gives_the_credits_back(self) -> None:
        engine, key = opened(100)
        task_id = made(engine, key)
        engine.cancel(task_id)
        assert told(engine, key, task_id, NOW + 5)["status"] == "IN_PROGRESS"
        body = told(engine, key, task_id, NOW + 60)
        assert (body["status"], body["image_urls"], body["task_error"]) == ("CANCELED", [], {"message": ""})
        assert (engine.accounts[key].purchased, engine.net_credits(key)) == (100, 0)

    def test_the_next_ones_can_be_made_to_fail(self) -> None:
        engine, key = opened()
        engine.fail_next(2, "Model overloaded")
        ids = [made(engine, key) for _ in range(3)]
        assert statuses(engine, NOW + 100) == ["FAILED", "FAILED", "SUCCEEDED"]
        assert [engine.tasks[task_id].error for task_id in ids] == ["Model overloaded", "Model overloaded", None]

    @pytest.mark.parametrize(("rate", "failed"), [(0.0, 0), (1.0, 12)])
    def test_a_share_of_failures(self, rate: float, failed: int) -> None:
        engine, key = opened(failure_rate=rate, task_limit=12)
        for _ in range(12):
            made(engine, key)
        assert statuses(engine, NOW + 999).count("FAILED") == failed

    def test_a_late_end(self) -> None:
        engine, key = opened()
        task_id = made(engine, key)
        engine.postpone(task_id, 600)
        assert told(engine, key, task_id, NOW + 600)["status"] == "IN_PROGRESS"
        assert told(engine, key, task_id, NOW + 640)["status"] == "SUCCEEDED"

    def test_what_is_paid_in_all(self) -> None:
        engine, key = opened()
        made(engine, key)
        made(engine, key, ai_model="nano-banana-2")
        made(engine, engine.add_key())
        assert engine.net_credits(key) == 9


class TestDeleting:
    def test_a_pending_task_is_gone_and_refunded(self) -> None:
        engine, key = opened(100)
        task_id = made(engine, key)
        assert engine.delete(NOW, key, task_id) == Answer(200, None)
        assert engine.retrieve(NOW, key, task_id) == Answer(404, {"message": "Task not found"})
        assert engine.page(NOW, key, {}).body == []
        assert engine.delete(NOW, key, task_id).status == 404
        assert engine.accounts[key].purchased == 100
        assert statuses(engine, NOW + 100) == ["PENDING"]
        assert (engine.tasks[task_id].is_deleted, engine.tasks[task_id].refunded) == (True, True)

    @pytest.mark.parametrize("status", [400, 409])
    def test_a_running_task_is_not_deleted(self, status: int) -> None:
        engine, key = opened(100, delete_refused_status=status)
        task_id = made(engine, key)
        refused = Answer(status, {"message": "Task is in progress and cannot be deleted"})
        assert engine.delete(NOW + 2, key, task_id) == refused
        assert told(engine, key, task_id, NOW + 60)["status"] == "SUCCEEDED"
        assert engine.accounts[key].purchased == 97

    def test_a_finished_task_is_deleted_for_good_and_stays_paid(self) -> None:
        engine, key = opened(100)
        task_id = made(engine, key)
        expires = str(math.floor(told(engine, key, task_id, NOW + 60)["expires_at"] / 1000))
        assert engine.delete(NOW + 60, key, task_id).status == 200
        assert engine.retrieve(NOW + 60, key, task_id).status == 404
        assert engine.link_status(NOW + 60, task_id, "image.png", expires) == 404
        assert engine.accounts[key].purchased == 97

    def test_the_place_of_a_deleted_task_is_taken(self) -> None:
        engine, key = opened(running_limit=1)
        ids = [made(engine, key) for _ in range(3)]
        engine.advance(NOW + 1)
        engine.delete(NOW + 1, key, ids[1])
        assert told(engine, key, ids[2], NOW + 1)["preceding_tasks"] == 0
        assert statuses(engine, NOW + 20) == ["SUCCEEDED", "PENDING", "IN_PROGRESS"]


def test_a_task_is_for_its_owner() -> None:
    engine, key = opened()
    task_id = made(engine, key)
    other = engine.add_key()
    not_found = Answer(404, {"message": "Task not found"})
    assert engine.retrieve(NOW, other, task_id) == not_found
    assert engine.delete(NOW, other, task_id) == not_found
    assert engine.page(NOW, other, {}).body == []
    assert engine.retrieve(NOW, key, "nowhere") == not_found
    assert told(engine, key, task_id, NOW)["id"] == task_id


class TestListing:
    def pages(self, query: dict[str, str], tasks: int = 12) -> list[int]:
        """Which of the tasks, counted from 0, stand on a page; half of them came in the same millisecond."""
        engine, key = opened(task_limit=100, rate_limit=1000)
        ids = [made(engine, key, NOW + number // 2) for number in range(tasks)]
        answer = engine.page(NOW + 99, key, query)
        assert answer.status == 200
        return [ids.index(body["id"]) for body in answer.body]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, list(range(11, 1, -1))),
            ({"sort_by": "-created_at", "page_size": "3"}, [11, 10, 9]),
            ({"sort_by": "+created_at", "page_size": "3"}, [0, 1, 2]),
            ({"sort_by": " created_at", "page_size": "3", "page_num": "2"}, [3, 4, 5]),
            ({"page_num": "2"}, [1, 0]),
            ({"page_num": "3"}, []),
            ({"page_size": "50", "status": "FAILED"}, list(range(11, -1, -1))),
        ],
    )
    def test_pages(self, query: dict[str, str], expected: list[int]) -> None:
        assert self.pages(query) == expected

    def test_a_list_has_whole_tasks(self) -> None:
        engine, key = opened()
        task_id = made(engine, key)
        assert engine.page(NOW + 60, key, {}).body == [told(engine, key, task_id, NOW + 60)]

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ({"page_num": "0"}, "page_num must be a whole number from 1"),
            ({"page_num": "-1"}, "page_num must be a whole number from 1"),
            ({"page_num": "one"}, "page_num must be a whole number from 1"),
            ({"page_num": ""}, "page_num must be a whole number from 1"),
            ({"page_size": "51"}, "page_size must be a whole number from 1 to 50"),
            ({"page_size": "0"}, "page_size must be a whole number from 1 to 50"),
            ({"page_size": "1.5"}, "page_size must be a whole number from 1 to 50"),
            ({"page_size": "²"}, "page_size must be a whole number from 1 to 50"),
            ({"sort_by": "created_at"}, "sort_by must be one of: +created_at, -created_at"),
            ({"sort_by": "-prompt"}, "sort_by must be one of: +created_at, -created_at"),
        ],
    )
    def test_bad_queries(self, query: dict[str, str], message: str) -> None:
        engine, key = opened()
        assert engine.page(NOW, key, query) == Answer(400, {"message": message})


class TestLinks:
    def finished(self, **options: Any) -> tuple[MeshyEngine, str, str]:
        """An engine, a task that ended, and what stands in its link."""
        engine, key = opened(**options)
        task_id = made(engine, key)
        (url,) = told(engine, key, task_id, NOW + 60)["image_urls"]
        return engine, task_id, url.rpartition("=")[2]

    def test_a_link_is_good_until_it_expires(self) -> None:
        engine, task_id, expires = self.finished(retention_seconds=100.0)
        finished_at = engine.tasks[task_id].finished_at or 0
        answers = [engine.link_status(at, task_id, "image.png", expires) for at in (NOW + 60, finished_at + 100)]
        assert answers == [200, 403]

    def test_links_last_three_days(self) -> None:
        engine, task_id, expires = self.finished()
        ages = (2.99 * DAYS, 3.01 * DAYS)
        assert [engine.link_status(NOW + 15 + age, task_id, "image.png", expires) for age in ages] == [200, 403]

    @pytest.mark.parametrize("expires", [None, "", "1", "1900000000"])
    def test_a_link_that_was_not_given_is_refused(self, expires: str | None) -> None:
        engine, task_id, _ = self.finished()
        assert engine.link_status(NOW + 60, task_id, "image.png", expires) == 403

    def test_what_is_not_there(self) -> None:
        engine, task_id, expires = self.finished()
        assert engine.link_status(NOW + 60, task_id, "image_0.png", expires) == 404
        assert engine.link_status(NOW + 60, "nowhere", "image.png", expires) == 404

    @pytest.mark.parametrize(("prompt", "at"), [("a house", 2.0), ("a house [fail]", 60.0)])
    def test_nothing_lies_there_of_a_task_that_has_not_succeeded(self, prompt: str, at: float) -> None:
        engine, key = opened()
        task_id = made(engine, key, prompt=prompt)
        engine.advance(NOW + at)
        assert engine.link_status(NOW + at, task_id, "image.png", None) == 404

    def test_they_can_be_made_to_expire(self) -> None:
        engine, task_id, expires = self.finished()
        engine.expire(NOW + 61, task_id)
        assert engine.link_status(NOW + 61, task_id, "image.png", expires) == 403
        body = told(engine, engine.tasks[task_id].key, task_id, NOW + 62)
        assert (body["status"], body["expires_at"]) == ("SUCCEEDED", 1000 * (NOW + 61))


class TestHistory:
    def test_from_pending_to_the_whole_task(self) -> None:
        engine, key = opened()
        task_id = made(engine, key)
        engine.tasks[task_id].takes_seconds = 10.0
        first = Event("message", meshy_samples.STREAM_PENDING | {"id": task_id}, is_last=False)
        assert engine.history(NOW, key, task_id) == [first]
        events = engine.history(NOW + 60, key, task_id)
        assert events[0] == first
        assert [list(event.data) for event in events[:-1]] == [list(meshy_samples.STREAM_PENDING)] * 11
        assert [event.data["progress"] for event in events] == [0, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
        assert events[-1] == Event("message", told(engine, key, task_id, NOW + 60), is_last=True)

    def test_it_only_grows(self) -> None:
        engine, key = opened()
        task_id = made(engine, key)
        engine.tasks[task_id].takes_seconds = 10.0
        last: list[Event] = []
        for at in (0, 1, 1.9, 2, 5.5, 10.99, 11, 12):
            history = engine.history(NOW + at, key, task_id)
            assert history[: len(last)] == last
            last = history
        assert [event.is_last for event in last] == [False] * 11 + [True]

    @pytest.mark.parametrize("way", ["unknown", "foreign", "deleted", "no key"])
    def test_of_a_task_that_is_not_there_is_an_error(self, way: str) -> None:
        engine, key = opened()
        task_id = made(engine, key)
        if way == "deleted":
            engine.delete(NOW, key, task_id)
        asking = {"foreign": engine.add_key(), "no key": None}.get(way, key)
        events = engine.history(NOW, asking, "nowhere" if way == "unknown" else task_id)
        assert events == [Event("error", meshy_samples.STREAM_ERROR, is_last=True)]

    @pytest.mark.parametrize(("prompt", "status"), [("a house [fail]", "FAILED"), ("a house", "CANCELED")])
    def test_other_endings(self, prompt: str, status: str) -> None:
        engine, key = opened()
        task_id = made(engine, key, prompt=prompt)
        if status == "CANCELED":
            engine.cancel(task_id)
        last = engine.history(NOW + 60, key, task_id)[-1]
        assert (last.is_last, last.data["status"]) == (True, status)


def test_a_deep_copy_is_a_world_of_its_own() -> None:
    engine, key = opened(100)
    made(engine, key)
    twin = copy.deepcopy(engine)
    first, second = made(engine, key), made(twin, key)
    assert first == second  # the same randomness, so the same future
    made(twin, key)
    assert (len(engine.tasks), len(twin.tasks)) == (2, 3)
    assert engine.accounts[key].purchased == 94
    twin.advance(NOW + 60)
    assert {task.status for task in engine.tasks.values()} == {Status.PENDING}
