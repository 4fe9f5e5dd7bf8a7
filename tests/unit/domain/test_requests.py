"""What is wrong with a request: every reason that can be found by looking, and nothing found where nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Medium, Model
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import (
    REFERENCE_MAX_BYTES,
    REFERENCE_TYPES,
    GenerationRequest,
    Reference,
    check,
    is_public_https,
)

IMAGE = Model(
    "meigen",
    "image-model",
    "Image Model",
    "Maker",
    Medium.IMAGE,
    ratios=("1:1", "16:9"),
    resolutions=("1K", "2K"),
    qualities=("low", "high"),
    max_references=2,
    prompt_min_characters=5,
    prompt_max_characters=20,
)
VIDEO = Model(
    "meigen",
    "video-model",
    "Video Model",
    "Maker",
    Medium.VIDEO,
    ratios=(ADAPTIVE_RATIO, "16:9"),
    resolutions=("480p", "720p", "1080p"),
    tiers=("fast", "pro"),
    default_tier="fast",
    tier_resolutions={"fast": ("480p", "720p"), "pro": ("480p", "720p", "1080p")},
    durations=(4, 5),
    default_duration=5,
    max_references=1,
    takes_reference_video=True,
)
PLAIN = Model("meigen", "plain", "Plain", "Maker", Medium.IMAGE, ratios=("1:1",))
LINK = Reference("https://images.example/one.png")
FILE = Reference(
    "https://cdn.discordapp.com/ephemeral-attachments/1/2/cat.png?ex=6a000000&is=1&hm=2",
    is_attachment=True,
    filename="cat.png",
    content_type="image/png",
    size_bytes=1000,
)

ASKED = GenerationRequest("a garden", model_id="image-model")
FILMED = replace(ASKED, medium=Medium.VIDEO, model_id="video-model")


def problems(model: Model | None, asked: GenerationRequest, **fields: object) -> tuple[Problem, ...]:
    return check(replace(asked, **fields), model)  # type: ignore[arg-type]  # a table's columns


C = ProblemCode

TABLE: list[tuple[Model | None, GenerationRequest, dict[str, object], Problem]] = [
    (IMAGE, ASKED, {"prompt": ""}, Problem(C.PROMPT_EMPTY)),
    (IMAGE, ASKED, {"prompt": " \n\u2003 \t   "}, Problem(C.PROMPT_EMPTY)),
    (None, ASKED, {"prompt": ""}, Problem(C.PROMPT_EMPTY)),
    (IMAGE, ASKED, {"prompt": "four"}, Problem(C.PROMPT_TOO_SHORT, "4", limit=5, model_name="Image Model")),
    (IMAGE, ASKED, {"prompt": "x" * 21}, Problem(C.PROMPT_TOO_LONG, "21", limit=20, model_name="Image Model")),
    (VIDEO, ASKED, {}, Problem(C.MODEL_WRONG_MEDIUM, "image", model_name="Video Model")),
    (IMAGE, FILMED, {}, Problem(C.MODEL_WRONG_MEDIUM, "video", model_name="Image Model")),
    (replace(IMAGE, medium=None), ASKED, {}, Problem(C.MODEL_WRONG_MEDIUM, "image", model_name="Image Model")),
    (
        IMAGE,
        ASKED,
        {"aspect_ratio": "5:4"},
        Problem(C.RATIO_UNSUPPORTED, "5:4", (AUTO_RATIO, "1:1", "16:9"), model_name="Image Model"),
    ),
    (
        IMAGE,
        ASKED,
        {"aspect_ratio": ADAPTIVE_RATIO},
        Problem(C.RATIO_UNSUPPORTED, "adaptive", (AUTO_RATIO, "1:1", "16:9"), model_name="Image Model"),
    ),
    (
        VIDEO,
        FILMED,
        {"aspect_ratio": ADAPTIVE_RATIO},
        Problem(C.ADAPTIVE_NEEDS_REFERENCE, "adaptive", model_name="Video Model"),
    ),
    (
        IMAGE,
        ASKED,
        {"resolution": "4K"},
        Problem(C.RESOLUTION_UNSUPPORTED, "4K", ("1K", "2K"), model_name="Image Model"),
    ),
    (
        VIDEO,
        FILMED,
        {"resolution": "1080p"},
        Problem(C.RESOLUTION_UNSUPPORTED, "1080p", ("480p", "720p"), model_name="Video Model"),
    ),
    (
        VIDEO,
        FILMED,
        {"resolution": "1080p", "tier": "fast"},
        Problem(C.RESOLUTION_UNSUPPORTED, "1080p", ("480p", "720p"), model_name="Video Model"),
    ),
    (PLAIN, ASKED, {"resolution": "2K"}, Problem(C.RESOLUTION_UNSUPPORTED, "2K", model_name="Plain")),
    (
        IMAGE,
        ASKED,
        {"quality": "best"},
        Problem(C.QUALITY_UNSUPPORTED, "best", ("low", "high"), model_name="Image Model"),
    ),
    (PLAIN, ASKED, {"quality": "low"}, Problem(C.QUALITY_UNSUPPORTED, "low", model_name="Plain")),
    (
        VIDEO,
        FILMED,
        {"tier": "mini"},
        Problem(C.TIER_UNSUPPORTED, "mini", ("fast", "pro"), model_name="Video Model"),
    ),
    (
        VIDEO,
        FILMED,
        {"duration_seconds": 6},
        Problem(C.DURATION_UNSUPPORTED, "6", ("4", "5"), model_name="Video Model"),
    ),
    (
        VIDEO,
        FILMED,
        {"duration_seconds": 0},
        Problem(C.DURATION_UNSUPPORTED, "0", ("4", "5"), model_name="Video Model"),
    ),
    (PLAIN, ASKED, {"duration_seconds": 5}, Problem(C.DURATION_UNSUPPORTED, "5", model_name="Plain")),
    (
        IMAGE,
        ASKED,
        {"references": (LINK,) * 3},
        Problem(C.TOO_MANY_REFERENCES, "3", limit=2, model_name="Image Model"),
    ),
    (PLAIN, ASKED, {"references": (FILE,)}, Problem(C.TOO_MANY_REFERENCES, "1", limit=0, model_name="Plain")),
    (
        IMAGE,
        ASKED,
        {"references": (replace(FILE, content_type="video/mp4"),)},
        Problem(C.REFERENCE_NOT_IMAGE, "cat.png", REFERENCE_TYPES),
    ),
    (
        IMAGE,
        ASKED,
        {"references": (replace(FILE, content_type=""),)},
        Problem(C.REFERENCE_NOT_IMAGE, "cat.png", REFERENCE_TYPES),
    ),
    (
        None,
        ASKED,
        {"references": (replace(FILE, size_bytes=0),)},
        Problem(C.REFERENCE_NOT_IMAGE, "cat.png", REFERENCE_TYPES),
    ),
    (
        IMAGE,
        ASKED,
        {"references": (replace(FILE, size_bytes=REFERENCE_MAX_BYTES + 1),)},
        Problem(C.REFERENCE_TOO_LARGE, "cat.png", limit=REFERENCE_MAX_BYTES),
    ),
    (
        IMAGE,
        ASKED,
        {"references": (Reference("http://images.example/one.png"),)},
        Problem(C.REFERENCE_NOT_PUBLIC, "http://images.example/one.png"),
    ),
    (
        None,
        ASKED,
        {"references": (Reference("https://192.168.0.1/one.png"),)},
        Problem(C.REFERENCE_NOT_PUBLIC, "https://192.168.0.1/one.png"),
    ),
    (
        IMAGE,
        ASKED,
        {"reference_video": "https://cdn.example/a.mp4"},
        Problem(C.REFERENCE_VIDEO_UNSUPPORTED, "https://cdn.example/a.mp4", model_name="Image Model"),
    ),
]

FOUND_ELSEWHERE = {
    # By what waits already (bot.domain.policy).
    *(C.QUEUE_FULL_MEMBER, C.QUEUE_FULL_GUILD),
    # By looking at more than the request: the catalogue, the place, the accounts, the store.
    *(C.MODEL_UNKNOWN, C.CATALOGUE_UNKNOWN, C.CHANNEL_NOT_WRITABLE, C.DIRECT_MESSAGES_OFF, C.NO_ACCOUNT),
    *(C.ALREADY_PRESSED, C.NOT_YOURS, C.JOB_UNKNOWN, C.STORE_FAILING, C.STOPPING, C.REFERENCE_GONE),
}


@pytest.mark.parametrize(
    ("model", "asked", "fields", "expected"), TABLE, ids=[f"{number}-{row[3].code}" for number, row in enumerate(TABLE)]
)
def test_each_reason_alone(
    model: Model | None, asked: GenerationRequest, fields: dict[str, object], expected: Problem
) -> None:
    assert problems(model, asked, **fields) == (expected,)


def test_every_reason_is_tried() -> None:
    assert {row[3].code for row in TABLE} == set(ProblemCode) - FOUND_ELSEWHERE


@pytest.mark.parametrize(
    ("model", "asked", "fields"),
    [
        (IMAGE, ASKED, {}),
        (IMAGE, ASKED, {"prompt": "x" * 20}),
        (IMAGE, ASKED, {"prompt": "five!"}),
        (IMAGE, ASKED, {"prompt": "قلعة 🏰 @everyone"}),
        (IMAGE, ASKED, {"prompt": '{"scene": "sea"}'}),
        (replace(IMAGE, prompt_max_characters=None), ASKED, {"prompt": "x" * 100_000}),
        (None, ASKED, {"prompt": "x" * 100_000, "aspect_ratio": "7:1", "resolution": "9K", "quality": "q"}),
        (None, ASKED, {"references": (LINK, FILE)}),
        (IMAGE, ASKED, {"aspect_ratio": AUTO_RATIO}),
        (IMAGE, ASKED, {"aspect_ratio": "16:9", "resolution": "2K", "quality": "high"}),
        (IMAGE, ASKED, {"references": (LINK, FILE)}),
        (IMAGE, ASKED, {"references": (replace(FILE, content_type="IMAGE/JPEG; charset=binary"),)}),
        (IMAGE, ASKED, {"references": (replace(FILE, content_type=None, size_bytes=None),)}),
        (IMAGE, ASKED, {"references": (replace(FILE, size_bytes=REFERENCE_MAX_BYTES),)}),
        # Discord's own links may be the sandbox's: they are not looked at.
        (IMAGE, ASKED, {"references": (replace(FILE, url="http://127.0.0.1:8000/cat.png"),)}),
        (VIDEO, FILMED, {"aspect_ratio": ADAPTIVE_RATIO, "references": (LINK,)}),
        (VIDEO, FILMED, {"aspect_ratio": ADAPTIVE_RATIO, "reference_video": "https://cdn.example/a.mp4"}),
        (VIDEO, FILMED, {"resolution": "1080p", "tier": "pro", "duration_seconds": 4}),
    ],
)
def test_nothing_wrong(model: Model | None, asked: GenerationRequest, fields: dict[str, object]) -> None:
    assert problems(model, asked, **fields) == ()


def test_all_reasons_at_once() -> None:
    found = problems(
        VIDEO,
        FILMED,
        prompt=" ",
        references=(replace(FILE, content_type="text/html", size_bytes=10**9), Reference("ftp://a.example/b")),
        aspect_ratio="2:1",
        tier="mini",
        resolution="9K",
        quality="best",
        duration_seconds=99,
    )
    assert [problem.code for problem in found] == [
        *(C.PROMPT_EMPTY, C.TOO_MANY_REFERENCES, C.REFERENCE_NOT_IMAGE, C.REFERENCE_TOO_LARGE, C.REFERENCE_NOT_PUBLIC),
        *(C.RATIO_UNSUPPORTED, C.TIER_UNSUPPORTED, C.RESOLUTION_UNSUPPORTED, C.QUALITY_UNSUPPORTED),
        C.DURATION_UNSUPPORTED,
    ]


# ------------------------------------------------------------ links


@pytest.mark.parametrize(
    "url",
    [
        "https://images.example/one.png",
        "https://images.example:443/one.png",
        "HTTPS://IMAGES.EXAMPLE/ONE.PNG",
        "https://images.example",
        "https://93.184.216.34/one.png",
        "https://[2606:4700::6810:84e5]/one.png",
        "https://bücher.example/один.png",
    ],
)
def test_public(url: str) -> None:
    assert is_public_https(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "one.png", "//images.example/one.png", "data:image/png;base64,AAAA", "file:///etc/passwd"),
        *("http://images.example/one.png", "ftp://images.example/one.png", "https://", "https:///one.png"),
        *("https://user@images.example/", "https://user:word@images.example/", "https://@images.example/"),
        *("https://images.example:8443/", "https://images.example:0/", "https://images.example:99999/"),
        *("https://localhost/", "https://printer/", "https://printer.local/", "https://db.internal/"),
        *("https://127.0.0.1/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data"),
        *("https://127.1/", "https://0x7f.1/", "https://2130706433/", "https://8.8.8.8.8/"),
        *("https://[::1]/", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://[::1", "https://[nonsense]/"),
    ],
)
def test_not_public(url: str) -> None:
    assert not is_public_https(url)


@given(st.text(max_size=60) | st.text(max_size=40).map("https://".__add__))
def test_whatever_is_typed_is_judged(url: str) -> None:
    assert is_public_https(url) in (True, False)
    assert Reference(url).expires_at is None
    assert check(replace(ASKED, references=(Reference(url),)), None) in (
        (),
        (Problem(C.REFERENCE_NOT_PUBLIC, url),),
    )


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (FILE, float(0x6A000000)),
        (replace(FILE, is_attachment=False), None),
        (replace(FILE, url="https://cdn.discordapp.com/a.png"), None),
        (replace(FILE, url="https://cdn.discordapp.com/a.png?ex="), None),
        (replace(FILE, url="https://cdn.discordapp.com/a.png?ex=soon"), None),
        (replace(FILE, url=f"https://cdn.discordapp.com/a.png?ex={'f' * 400}"), None),
        (replace(FILE, url="https://[::1/a.png?ex=6a000000"), None),
    ],
)
def test_when_a_signed_link_dies(reference: Reference, expected: float | None) -> None:
    assert reference.expires_at == expected
