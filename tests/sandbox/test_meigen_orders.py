"""What the stand-in takes and what it refuses, and in which words."""

import pytest

from sandbox.meigen.orders import Refusal, read_order

REFERENCE = "https://images.example/one.png"


def refusal(**fields: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_order({"prompt": "a small house", **fields})
    return caught.value


def test_all_fields_of_both_documents_are_taken() -> None:
    order = read_order(
        {
            "prompt": "a warrior princess in an enchanted forest",
            "modelId": "midjourney-v7",
            "aspectRatio": "3:4",
            "resolution": "2K",
            "quality": "high",
            "referenceImages": ["https://example.com/style-ref.jpg"],
            "referenceType": "style",
            "niji7Options": {"stylize": 300, "chaos": 5, "weird": 0, "raw": True, "iw": 1.5, "sref": "88120", "sw": 500}
            | {"sv": 4, "quality": "1"},
            "duration": 5,
            "tier": "pro",
        }
    )
    assert (order.model_id, order.ratio, order.resolution) == ("midjourney-v8.1", "3:4", "2K")
    assert (order.quality, order.duration_seconds, order.tier) == (None, None, None)


def test_defaults_are_the_models_own() -> None:
    image = read_order({"prompt": "a small house"})
    assert (image.model_id, image.ratio, image.resolution, image.quality) == ("gpt-image-2", "auto", "1K", "low")
    video = read_order({"prompt": "a small house", "modelId": "seedance-2-0"})
    assert (video.resolution, video.tier, video.duration_seconds) == ("480p", "fast", 5)


def test_null_is_as_good_as_absent() -> None:
    nulls = dict.fromkeys(("modelId", "aspectRatio", "resolution", "quality", "referenceImages", "duration", "tier"))
    assert read_order({"prompt": "a small house", **nulls}) == read_order({"prompt": "a small house"})


@pytest.mark.parametrize("payload", [None, [], "a small house", 7])
def test_a_body_that_is_no_object(payload: object) -> None:
    with pytest.raises(Refusal, match="must be a JSON object"):
        read_order(payload)


@pytest.mark.parametrize("payload", [{}, {"prompt": ""}, {"prompt": " \n"}, {"prompt": None}, {"prompt": 5}])
def test_a_missing_prompt(payload: object) -> None:
    with pytest.raises(Refusal, match="Prompt is required") as caught:
        read_order(payload)
    assert (caught.value.status, caught.value.body["success"]) == (400, False)


@pytest.mark.parametrize(
    ("model", "least", "most"),
    [
        ("nanobanana-2", 5, 4000),
        ("gemini-3-pro-image-preview", 5, 4000),
        ("seedream-5.0-lite", 5, 2000),
        ("seedream-4.5", 5, 2000),
        ("midjourney-v8.1", 1, 8192),
        ("z-image-turbo", 5, 4000),
    ],
)
def test_prompt_lengths(model: str, least: int, most: int) -> None:
    for length in (least, most):
        assert read_order({"prompt": "x" * length, "modelId": model})
    assert f"at most {most}" in str(refusal(prompt="x" * (most + 1), modelId=model))
    if least > 1:
        assert f"at least {least}" in str(refusal(prompt="x" * (least - 1), modelId=model))


@pytest.mark.parametrize("model", ["gpt-image-2", "flux2-klein", "seedance-2-0", "veo-3.1", "happyhorse-1.0"])
def test_no_limit_is_known_for_the_others(model: str) -> None:
    assert read_order({"prompt": "x" * 20_000, "modelId": model})


def test_an_unsupported_ratio_is_refused_as_documented() -> None:
    assert refusal(aspectRatio="32:9").body == {
        "success": False,
        "error": "Aspect ratio 32:9 not supported by this model",
        "supportedRatios": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "5:4", "4:5", "21:9", "9:21"],
    }


def test_auto_is_for_all_and_adaptive_for_seedance() -> None:
    assert read_order({"prompt": "a small house", "modelId": "veo-3.1", "aspectRatio": "auto"}).ratio == "auto"
    seedance = {"prompt": "a small house", "modelId": "seedance-2-0", "aspectRatio": "adaptive"}
    assert read_order(seedance).ratio == "adaptive"
    assert "supportedRatios" in refusal(modelId="veo-3.1", aspectRatio="adaptive").body


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"modelId": "dall-e"}, "Unknown model: dall-e"),
        ({"modelId": 7}, "Unknown model"),
        ({"modelId": "rhart-1.5"}, "no longer available"),
        ({"resolution": "8K"}, "resolution 8K not supported"),
        ({"resolution": 2}, "resolution 2 not supported"),
        ({"modelId": "seedance-2-0", "resolution": "1080p"}, "Resolution 1080p not supported by tier fast"),
        ({"quality": "best"}, "quality best not supported"),
        ({"modelId": "veo-3.1", "duration": 5}, "duration 5 not supported by this model; supported: 4, 6, 8"),
        ({"modelId": "seedance-2-0", "duration": 3}, "duration 3 not supported"),
        ({"modelId": "seedance-2-0", "duration": "5"}, "duration 5 not supported"),
        ({"modelId": "happyhorse-1.0", "duration": 16}, "duration 16 not supported"),
        ({"modelId": "veo-3.1", "tier": "mini"}, "tier mini not supported"),
        ({"referenceImages": REFERENCE}, "must be an array"),
        ({"referenceImages": [REFERENCE] * 6}, "at most 5"),
        ({"modelId": "midjourney-v8.1", "referenceImages": [REFERENCE] * 2}, "at most 1"),
        ({"modelId": "z-image-turbo", "referenceImages": [REFERENCE]}, "at most 0"),
        ({"modelId": "veo-3.1", "referenceImages": [REFERENCE] * 3}, "at most 2"),
        ({"referenceImages": ["http://images.example/one.png"]}, "HTTPS"),
        ({"referenceImages": ["https://127.0.0.1/one.png"]}, "HTTPS"),
        ({"referenceImages": ["https://localhost/one.png"]}, "HTTPS"),
        ({"referenceImages": ["data:image/png;base64,AAAA"]}, "HTTPS"),
        ({"referenceImages": [None]}, "HTTPS"),
        ({"referenceImages": ["https://"]}, "HTTPS"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"stylize": 1001}}, "stylize must be between 0 and 1000"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"chaos": -1}}, "chaos must be between 0 and 100"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"iw": 2.5}}, "iw must be between 0 and 2"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"sw": True}}, "sw must be between 0 and 1000"),
        ({"modelId": "midjourney-niji7", "niji7Options": {"iw": 3.5}}, "iw must be between 0 and 3"),
        ({"modelId": "midjourney-niji7", "niji7Options": {"weird": 3001}}, "weird must be between 0 and 3000"),
        ({"modelId": "midjourney-niji7", "niji7Options": {"sv": 0}}, "sv must be between 1 and 4"),
        ({"modelId": "midjourney-niji7", "niji7Options": {"sv": 5}}, "sv must be between 1 and 4"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"quality": "2"}}, "quality must be"),
        ({"modelId": "midjourney-v8.1", "niji7Options": {"raw": "yes"}}, "raw must be a boolean"),
        ({"modelId": "midjourney-v8.1", "niji7Options": []}, "must be an object"),
        ({"modelId": "midjourney-v8.1", "referenceType": "mood"}, "referenceType mood not supported"),
        ({"modelId": "veo-3.1", "referenceVideo": "https://images.example/v.mp4"}, "does not accept a reference video"),
        ({"modelId": "seedance-2-0", "referenceVideo": "http://images.example/v.mp4"}, "HTTPS"),
    ],
)
def test_refusals(fields: dict[str, object], words: str) -> None:
    refused = refusal(**fields)
    assert words in str(refused)
    assert refused.status == 400
    assert refused.body["error"] == str(refused)


@pytest.mark.parametrize("seconds", [-1, "3", True, float("nan"), float("inf")])
def test_a_reference_videos_length_must_be_a_number_of_seconds(seconds: object) -> None:
    video = {"modelId": "seedance-2-0", "referenceVideo": "https://images.example/v.mp4"}
    assert "number of seconds" in str(refusal(**video, referenceVideoDuration=seconds))


def test_niji_has_ranges_of_its_own() -> None:
    options = {
        "stylize": 1000,
        "chaos": 100,
        "weird": 3000,
        "raw": False,
        "iw": 3,
        "sref": "88120",
        "sw": 1000,
        "sv": 1,
    }
    fields = {"niji7Options": options, "referenceType": "style", "referenceImages": [REFERENCE]}
    order = read_order({"prompt": "a small house", "modelId": "midjourney-niji7", **fields})
    assert (order.model_id, order.resolution, order.quality) == ("midjourney-niji7", None, None)


def test_midjourney_ignores_the_options_of_another_month() -> None:
    for model, options in (
        ("midjourney-v8.1", {"weird": 9999, "sv": 99}),
        ("midjourney-niji7", {"quality": "best"}),
    ):
        assert read_order({"prompt": "a small house", "modelId": model, "niji7Options": options})


def test_options_of_other_models_are_ignored() -> None:
    fields = {"niji7Options": {"stylize": 9999}, "quality": "best", "tier": "mini", "duration": 99}
    assert read_order({"prompt": "a small house", "modelId": "z-image-turbo", **fields})


def test_trusted_hosts_may_give_plain_references() -> None:
    url = "http://127.0.0.1:8123/one.png"
    order = {"prompt": "a small house", "referenceImages": [url]}
    assert read_order(order, trusted_hosts=("127.0.0.1:8123",))
    with pytest.raises(Refusal):
        read_order(order, trusted_hosts=("127.0.0.1:8124",))


def test_models_can_be_retired() -> None:
    with pytest.raises(Refusal, match="no longer available"):
        read_order({"prompt": "a small house", "modelId": "happyhorse-1.0"}, retired={"happyhorse-1.0"})
