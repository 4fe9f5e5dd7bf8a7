"""The state machine in virtual time: order of checks, money, states, answers."""

import copy
import json
from typing import Any

import pytest

from sandbox.meigen import Answer, Counted, Dialect, MeigenEngine, MeigenOptions, State, gallery

NOW = 1_800_000_000.0  # a whole minute, so that a fixed window begins here
PROMPT = {"prompt": "a small house"}
STATUS_FIELDS = {"jobId", "status", "imageUrl", "imageUrls", "videoUrl", "mediaType", "error", "aspectRatio"}


def opened(purchased: int = 1000, **options: Any) -> tuple[MeigenEngine, str]:
    engine = MeigenEngine(MeigenOptions(**options), media_url="https://images.example")
    return engine, engine.add_key(purchased)


def made(engine: MeigenEngine, key: str, now: float = NOW, **fields: object) -> str:
    """Create a generation; its id."""
    answer = engine.create(now, key, PROMPT | fields)
    assert answer.status == 200, answer
    return str(answer.body["generationId"])


def test_keys_look_as_documented() -> None:
    _, key = opened()
    assert key.startswith("meigen_sk_")
    assert len(key) == len("meigen_sk_") + 32


def test_an_accepted_request() -> None:
    engine, key = opened(100)
    answer = engine.create(NOW, key, PROMPT | {"modelId": "nanobanana-2"})
    generation_id = answer.body.pop("generationId")
    assert generation_id in engine.generations
    assert answer == Answer(
        200,
        {
            "success": True,
            "status": "processing",
            "creditsUsed": 5,
            "modelId": "nanobanana-2",
            "credits": {"daily": 10, "purchased": 95, "unlimited": False},
        },
        {"X-RateLimit-Limit": "12", "X-RateLimit-Remaining": "11"},
    )


def test_rate_headers_of_accepted_requests_can_be_left_out() -> None:
    engine, key = opened(rate_headers=False)
    assert engine.create(NOW, key, PROMPT).headers == {}


@pytest.mark.parametrize("key", [None, "", "meigen_sk_" + "x" * 32])
def test_an_unknown_key(key: str | None) -> None:
    engine, _ = opened()
    answer = engine.create(NOW, key, PROMPT)
    assert (answer.status, list(answer.body)) == (401, ["error"])


def test_a_revoked_key_is_refused_everywhere() -> None:
    engine, key = opened()
    generation_id = made(engine, key)
    engine.revoke_key(key)
    assert engine.create(NOW, key, PROMPT).status == 401
    assert engine.status(NOW, generation_id, key).status == 401
    assert engine.status(NOW, generation_id).status == 200


def test_too_little_credit() -> None:
    engine, key = opened(4)
    answer = engine.create(NOW, key, PROMPT | {"resolution": "2K"})
    body = {"success": False, "error": "Insufficient credits", "required": 5, "available": 4}
    assert (answer.status, answer.body) == (402, body)
    assert engine.accounts[key].purchased == 4


def test_the_last_credit_can_be_spent() -> None:
    engine, key = opened(2)
    made(engine, key)
    assert engine.accounts[key].purchased == 0


def test_key_then_rate_then_validity_then_credits() -> None:
    engine, key = opened(0, rate_limit=1, counted=Counted.ADMITTED)
    bad: dict[str, object] = {"prompt": ""}
    assert engine.create(NOW, "nobody", bad).status == 401
    assert engine.create(NOW, key, bad).status == 400
    assert engine.create(NOW, key, bad).status == 429
    assert engine.create(NOW + 60, key, PROMPT).status == 402


@pytest.mark.parametrize(
    ("counted", "statuses"),
    [
        (Counted.ACCEPTED, [400, 400, 200, 200, 429]),
        (Counted.ADMITTED, [400, 400, 429, 429, 429]),
    ],
)
def test_whether_refused_requests_count(counted: Counted, statuses: list[int]) -> None:
    engine, key = opened(rate_limit=2, counted=counted)
    asked: list[dict[str, object]] = [{}, {}, {**PROMPT}, {**PROMPT}, {**PROMPT}]
    assert [engine.create(NOW, key, payload).status for payload in asked] == statuses


def test_whether_429s_count() -> None:
    waits = {}
    for counted in (Counted.ADMITTED, Counted.ALL):
        engine, key = opened(rate_limit=1, counting="sliding", counted=counted)
        statuses = [engine.create(NOW + at, key, PROMPT).status for at in (0, 30, 61)]
        waits[counted] = statuses
    assert waits == {Counted.ADMITTED: [200, 429, 200], Counted.ALL: [200, 429, 429]}


def test_the_limit_is_each_keys_own() -> None:
    engine, key = opened(rate_limit=1)
    other = engine.add_key(100)
    made(engine, key)
    made(engine, other)
    assert engine.create(NOW, key, PROMPT).status == 429


@pytest.mark.parametrize(
    ("counting", "retry_after"), [("fixed", "20"), ("anchored", "60"), ("sliding", "60"), ("bucket", "5")]
)
def test_a_429_tells_when_to_come_back(counting: str, retry_after: str) -> None:
    engine, key = opened(counting=counting)
    for _ in range(12):
        made(engine, key, NOW + 40)
    answer = engine.create(NOW + 40, key, PROMPT)
    assert answer.status == 429
    assert answer.headers == {"Retry-After": retry_after, "X-RateLimit-Limit": "12", "X-RateLimit-Remaining": "0"}
    assert engine.rate_limited == 1
    assert len(engine.generations) == 12
    assert engine.create(NOW + 40 + int(retry_after), key, PROMPT).status == 200


def test_retry_after_is_at_least_a_second() -> None:
    engine, key = opened(rate_window_seconds=0.2, rate_limit=1)
    made(engine, key)
    assert engine.create(NOW, key, PROMPT).headers["Retry-After"] == "1"


def test_an_image_from_processing_to_completed() -> None:
    engine, key = opened()
    generation_id = made(engine, key, aspectRatio="3:4", modelId="seedream-4.5")
    processing = {
        "jobId": generation_id,
        "status": "processing",
        "imageUrl": None,
        "imageUrls": None,
        "videoUrl": None,
        "mediaType": "image",
        "error": None,
        "aspectRatio": "3:4",
    }
    assert engine.status(NOW + 14, generation_id).body == processing
    url = f"https://images.example/{generation_id}/0.jpg"
    assert engine.status(NOW + 20, generation_id).body == processing | {
        "status": "completed",
        "imageUrl": url,
        "imageUrls": [url],
    }


def test_midjourney_gives_four() -> None:
    engine, key = opened()
    generation_id = made(engine, key, modelId="midjourney-v7")
    body = engine.status(NOW + 60, generation_id).body
    urls = body["imageUrls"]
    assert isinstance(urls, list)
    assert len(set(urls)) == 4
    assert body["imageUrl"] == urls[0]


def test_a_video() -> None:
    engine, key = opened()
    generation_id = made(engine, key, modelId="seedance-2-0")
    body = engine.status(NOW + 140, generation_id).body
    assert body["videoUrl"] == f"https://images.example/{generation_id}/0.mp4"
    assert (body["mediaType"], body["imageUrl"], body["imageUrls"]) == ("video", None, None)


@pytest.mark.parametrize(
    ("model", "ratio"), [("gpt-image-2", "auto"), ("seedance-2-0", "adaptive"), ("veo-3.1", "auto")]
)
def test_the_ratio_that_was_used_is_a_real_one_at_the_end(model: str, ratio: str) -> None:
    engine, key = opened()
    generation_id = made(engine, key, modelId=model, aspectRatio=ratio)
    assert engine.status(NOW, generation_id).body["aspectRatio"] == ratio
    used = str(engine.status(NOW + 999, generation_id).body["aspectRatio"])
    assert used in engine.generations[generation_id].order.model.ratios
    assert used not in ("auto", "adaptive")


def test_a_failure_gives_the_credits_back_once() -> None:
    engine, key = opened(100)
    generation_id = made(engine, key, prompt="something [fail]", modelId="gemini-3-pro-image-preview")
    assert engine.accounts[key].purchased == 90
    assert engine.status(NOW, generation_id).body["error"] is None
    for later in (100, 200, 300):
        body = engine.status(NOW + later, generation_id).body
    assert set(body) == STATUS_FIELDS
    assert (body["status"], body["error"]) == ("failed", "Content policy violation")
    assert (body["imageUrl"], body["imageUrls"]) == (None, None)
    assert engine.accounts[key].purchased == 100
    assert engine.generations[generation_id].refunded
    assert engine.net_credits(key) == 0


def test_the_next_ones_can_be_made_to_fail() -> None:
    engine, key = opened()
    engine.fail_next(2, "Model overloaded")
    ids = [made(engine, key) for _ in range(3)]
    engine.advance(NOW + 100)
    assert [engine.generations[id_].failure for id_ in ids] == ["Model overloaded", "Model overloaded", None]
    assert [engine.generations[id_].state for id_ in ids] == [State.FAILED, State.FAILED, State.COMPLETED]


@pytest.mark.parametrize(("rate", "failed"), [(0.0, 0), (1.0, 12)])
def test_a_share_of_failures(rate: float, failed: int) -> None:
    engine, key = opened(failure_rate=rate)
    for _ in range(12):
        made(engine, key)
    engine.advance(NOW + 100)
    assert sum(g.state is State.FAILED for g in engine.generations.values()) == failed


def test_times_vary_a_little_and_scale() -> None:
    engine, key = opened(time_scale=0.1)
    for _ in range(12):
        made(engine, key)
    took = [g.ready_at - g.created_at for g in engine.generations.values()]
    assert len(set(took)) > 6
    assert all(3.8 < seconds < 5.2 for seconds in took)


def test_a_generation_can_take_longer_or_for_ever() -> None:
    engine, key = opened()
    late, never = made(engine, key), made(engine, key)
    engine.postpone(late, 600)
    engine.postpone(never, float("inf"))
    assert engine.status(NOW + 600, late).body["status"] == "processing"
    assert engine.status(NOW + 700, late).body["status"] == "completed"
    assert engine.status(NOW + 1e9, never).body["status"] == "processing"


def test_a_status_is_for_its_owner_or_without_a_key() -> None:
    engine, key = opened()
    generation_id = made(engine, key)
    not_found = Answer(404, {"success": False, "error": "Generation not found"})
    assert engine.status(NOW, generation_id).status == 200
    assert engine.status(NOW, generation_id, key).status == 200
    assert engine.status(NOW, generation_id, engine.add_key()) == not_found
    assert engine.status(NOW, "nowhere", key) == not_found
    assert engine.status(NOW, generation_id, "meigen_sk_nobody").status == 401


def test_march_answers_lack_what_came_later() -> None:
    engine, key = opened(dialect=Dialect.MARCH)
    generation_id = made(engine, key)
    body = engine.status(NOW + 60, generation_id).body
    assert set(body) == STATUS_FIELDS - {"imageUrls", "aspectRatio"} | {"r2Key"}
    assert body["r2Key"] == f"generations/{generation_id}/0.png"
    models = engine.models().body["models"]
    assert isinstance(models, list)
    assert not any({"is_default", "estimatedTiming"} & set(model) for model in models)


def test_a_deep_copy_is_a_world_of_its_own() -> None:
    engine, key = opened(100)
    made(engine, key)
    twin = copy.deepcopy(engine)
    first, second = made(engine, key), made(twin, key)
    assert first == second  # the same randomness, so the same future
    made(twin, key)
    assert (len(engine.generations), len(twin.generations)) == (2, 3)
    assert engine.accounts[key].purchased == 96


class TestCatalogue:
    def test_shape_of_the_default_model(self) -> None:
        models = opened()[0].models().body["models"]
        assert isinstance(models, list)
        assert [model["id"] for model in models if model["is_default"]] == ["gpt-image-2"]
        assert models[0] == {
            "id": "gpt-image-2",
            "name": "GPT Image 2.0",
            "provider": "OpenAI",
            "credits_per_generation": 2,
            "supported_ratios": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "5:4", "4:5", "21:9", "9:21"],
            "max_reference_images": 5,
            "media_type": "image",
            "extra_config": {
                "resolutions": ["1K", "2K", "4K"],
                "defaultResolution": "1K",
                "qualities": ["low", "medium", "high"],
                "defaultQuality": "low",
                "pricing": {
                    "1K": {"low": 2, "medium": 10, "high": 18},
                    "2K": {"low": 5, "medium": 20, "high": 40},
                    "4K": {"low": 10, "medium": 32, "high": 80},
                },
            },
            "is_default": True,
            "estimatedTiming": {"p50": 45.0, "p90": 75.0},
        }

    def test_shape_of_the_videos(self) -> None:
        models = opened()[0].models("video").body["models"]
        assert isinstance(models, list)
        configs = {model["id"]: model["extra_config"] for model in models}
        assert set(configs) == {"seedance-2-0", "happyhorse-1.0", "veo-3.1"}
        assert configs["seedance-2-0"]["pricingPerSec"]["pro"] == {"480p": 14, "720p": 22, "1080p": 42}
        assert configs["seedance-2-0"]["pricingPerSecWithVideo"]["pro"] == {"720p": 16, "1080p": 28}
        assert configs["seedance-2-0"]["minBillableTable"]["10"] == 17
        assert configs["seedance-2-0"]["tierResolutions"]["fast"] == ["480p", "720p"]
        assert configs["seedance-2-0"]["supportsReferenceVideo"] is True
        assert configs["veo-3.1"]["pricingPerCall"]["pro"] == {"4": 220, "6": 330, "8": 435}
        assert configs["veo-3.1"]["durations"] == [4, 6, 8]
        assert not [key for key in configs["happyhorse-1.0"] if key.startswith("pricing")]

    @pytest.mark.parametrize(("media_type", "count"), [(None, 11), ("image", 8), ("video", 3), ("audio", 0)])
    def test_filter(self, media_type: str | None, count: int) -> None:
        models = opened()[0].models(media_type).body["models"]
        assert isinstance(models, list)
        assert len(models) == count

    def test_retired_models_are_listed_on_request(self) -> None:
        engine, _ = opened()
        engine.retired.add("happyhorse-1.0")

        def listed(*, active_only: bool) -> set[str]:
            models = engine.models(active_only=active_only).body["models"]
            assert isinstance(models, list)
            return {model["id"] for model in models}

        assert listed(active_only=False) - listed(active_only=True) == {
            "happyhorse-1.0",
            "midjourney-niji7",
            "rhart-1.5",
        }

    def test_timing_is_that_of_the_scaled_world(self) -> None:
        models = opened(time_scale=0.1)[0].models().body["models"]
        assert isinstance(models, list)
        assert models[0]["estimatedTiming"] == {"p50": 4.5, "p90": 7.5}


class TestGallery:
    def test_an_item_has_every_documented_field(self) -> None:
        answer = opened()[0].image("3100000000000000003")
        data = answer.body["data"]
        assert isinstance(data, dict)
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert data["prompt_segments"][1] == {"label": "camera", "text": "Wide shot"}
        assert data["media_urls"] == [f"https://images.example/gallery/3100000000000000003/{n}.jpg" for n in range(4)]
        assert (data["image_width"], data["sref"], data["model"]) == (1456, "2304871", "midjourney")

    def test_an_item_without_a_prompt(self) -> None:
        data = opened()[0].image("3100000000000000004").body["data"]
        assert isinstance(data, dict)
        assert (data["prompt_ready"], data["image_width"], data["prompt_segments"]) == (False, None, None)

    def test_items_whose_prompts_are_json_one_of_them_very_long(self) -> None:
        texts = [str(gallery.image(item, "")["text"]) for item in gallery.ITEMS]
        boards = [json.loads(text) for text in texts if text.startswith("{")]
        assert [sorted(board)[:2] for board in boards] == [["scene", "style"], ["closing", "format"]]
        assert max(map(len, texts)) == 16_000

    def test_unknown(self) -> None:
        assert opened()[0].image("1") == Answer(404, {"success": False, "error": "Image not found"})

    def test_search(self) -> None:
        engine, _ = opened()

        def found(*asked: Any) -> list[Any]:
            data = engine.search(*asked).body["data"]
            assert isinstance(data, list)
            return data

        assert [item["id"][-1] for item in found("GARDEN fair")] == ["7"]
        assert [item["rank"] for item in found("", 2, 3)] == [4, 5]
        assert found("no such thing") == []
        assert set(found("lighthouse")[0]) == {
            *("id", "text", "thumbnail_url", "media_urls", "author_username", "author_display_name", "likes"),
            *("views", "model", "prompt_ready", "image_width", "image_height", "rank"),
        }

    def test_search_can_be_absent(self) -> None:
        assert opened(has_search=False)[0].search("garden").status == 404
