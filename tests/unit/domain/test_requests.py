"""What is wrong with a request: every reason that can be found by looking, and nothing found where nothing is."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import requests
from bot.domain.catalog import ADAPTIVE_RATIO, AUTO_RATIO, Medium, Model
from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import (
    REFERENCE_MAX_BYTES,
    REFERENCE_TYPES,
    GenerationRequest,
    MidjourneyOptions,
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
MIDJOURNEY = Model(
    "meigen",
    "midjourney-v8.1",
    "MJ",
    "Midjourney",
    Medium.IMAGE,
    ratios=("1:1",),
    qualities=("1", "4"),
    max_references=1,
    is_midjourney=True,
)
NIJI = replace(MIDJOURNEY, id="midjourney-niji7", name="Niji", qualities=())
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
DRAWN = replace(ASKED, model_id="midjourney-v8.1")
UNNAMED = replace(ASKED, model_id=None)
FILMED = replace(ASKED, medium=Medium.VIDEO, model_id="video-model")


def problems(model: Model | None, asked: GenerationRequest, **fields: object) -> tuple[Problem, ...]:
    return check(replace(asked, **fields), model)  # type: ignore[arg-type]  # a table's columns


C = ProblemCode
Row: TypeAlias = tuple[Model | None, GenerationRequest, dict[str, object], Problem]


def row(model: Model, asked: GenerationRequest, problem: Problem, **fields: object) -> Row:
    return model, asked, fields, problem


TABLE: list[Row] = [
    (IMAGE, ASKED, {"prompt": ""}, Problem(C.PROMPT_EMPTY)),
    (IMAGE, ASKED, {"prompt": " \n\u2003 \t   "}, Problem(C.PROMPT_EMPTY)),
    (None, ASKED, {"prompt": ""}, Problem(C.PROMPT_EMPTY)),
    (IMAGE, ASKED, {"prompt": "four"}, Problem(C.PROMPT_TOO_SHORT, "4", limit=5, model_name="Image Model")),
    (IMAGE, ASKED, {"prompt": "x" * 21}, Problem(C.PROMPT_TOO_LONG, "21", limit=20, model_name="Image Model")),
    (IMAGE, ASKED, {"pose_mode": "a-pose"}, Problem(C.POSE_UNSUPPORTED, "a-pose", model_name="Image Model")),
    (
        replace(IMAGE, poses=("a-pose",)),
        ASKED,
        {"pose_mode": "splits"},
        Problem(C.POSE_UNSUPPORTED, "splits", ("a-pose",), model_name="Image Model"),
    ),
    (IMAGE, ASKED, {"multi_view": True}, Problem(C.MULTI_VIEW_UNSUPPORTED, model_name="Image Model")),
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
        Problem(C.RESOLUTION_OF_OTHER_TIER, "1080p", ("pro",), model_name="Video Model"),
    ),
    (
        VIDEO,
        FILMED,
        {"resolution": "1080p", "tier": "fast"},
        Problem(C.RESOLUTION_OF_OTHER_TIER, "1080p", ("pro",), model_name="Video Model"),
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
        Problem(C.REFERENCE_EMPTY, "cat.png"),
    ),
    *(
        row(IMAGE, ASKED, Problem(C.REFERENCE_NOT_IMAGE, name, REFERENCE_TYPES), references=(reference,))
        for reference, name in (
            (replace(FILE, filename="cat.heic", content_type="image/heic"), "cat.heic"),
            (replace(FILE, filename="cat.HEIC", content_type=None), "cat.HEIC"),
            (replace(FILE, filename="cat.svg", content_type="image/svg+xml"), "cat.svg"),
            (replace(FILE, filename="cat.mp4", content_type=None), "cat.mp4"),
            (Reference("https://x.test/cat.heif?a=1.png"), "https://x.test/cat.heif?a=1.png"),
            (Reference("https://x.test/cat.pdf#cat.png"), "https://x.test/cat.pdf#cat.png"),
            (Reference("https://x.test/1.mp4", is_result=True), "https://x.test/1.mp4"),
        )
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
    *(
        row(
            VIDEO,
            FILMED,
            Problem(C.REFERENCE_VIDEO_LENGTH_UNKNOWN),
            reference_video="https://cdn.example/a.mp4",
            reference_video_seconds=seconds,
        )
        for seconds in (None, 0.0, -1.0, float("nan"), float("inf"))
    ),
    # The tier is chosen, the resolution is not, and the tier lacks the one that the model would take.
    (
        replace(VIDEO, default_resolution="480p", tier_resolutions={"pro": ("1080p",)}),
        FILMED,
        {"tier": "pro"},
        Problem(C.RESOLUTION_UNSUPPORTED, "480p", ("1080p",), model_name="Video Model"),
    ),
    (MIDJOURNEY, DRAWN, {"quality": "high"}, Problem(C.QUALITY_UNSUPPORTED, "high", ("1", "4"), model_name="MJ")),
    (NIJI, DRAWN, {"quality": "4"}, Problem(C.QUALITY_UNSUPPORTED, "4", model_name="Niji")),
    (MIDJOURNEY, DRAWN, {"reference_type": "style"}, Problem(C.REFERENCE_TYPE_NEEDS_REFERENCE, "style")),
    (
        MIDJOURNEY,
        DRAWN,
        {"reference_type": "mood", "references": (LINK,)},
        Problem(C.FLAG_VALUE, "--ref mood", ("content", "style")),
    ),
    (
        IMAGE,
        ASKED,
        {"reference_type": "style", "references": (LINK,)},
        Problem(C.OPTION_UNSUPPORTED, "--ref", model_name="Image Model"),
    ),
    (
        IMAGE,
        ASKED,
        {"midjourney": MidjourneyOptions(stylize=0, raw=False, sref="1")},
        Problem(C.OPTION_UNSUPPORTED, "--stylize, --raw, --sref", model_name="Image Model"),
    ),
    (None, UNNAMED, {"midjourney": MidjourneyOptions(sw=5)}, Problem(C.OPTION_UNSUPPORTED, "--sw")),
    (
        MIDJOURNEY,
        DRAWN,
        {"midjourney": MidjourneyOptions(weird=0, sv=4, stylize=5)},
        Problem(C.OPTION_UNSUPPORTED, "--weird, --sv", model_name="MJ"),
    ),
    *(
        row(model, DRAWN, Problem(C.OPTION_OUT_OF_RANGE, given, ends, model_name=model.name), midjourney=options)
        for model, options, given, ends in (
            (MIDJOURNEY, MidjourneyOptions(stylize=1001), "--stylize 1001", ("0", "1000")),
            (MIDJOURNEY, MidjourneyOptions(stylize=-0.5), "--stylize -0.5", ("0", "1000")),
            (MIDJOURNEY, MidjourneyOptions(chaos=100.5), "--chaos 100.5", ("0", "100")),
            (MIDJOURNEY, MidjourneyOptions(iw=2.1), "--iw 2.1", ("0", "2")),
            (MIDJOURNEY, MidjourneyOptions(sw=1e6), "--sw 1000000", ("0", "1000")),
            (NIJI, MidjourneyOptions(weird=3001), "--weird 3001", ("0", "3000")),
            (NIJI, MidjourneyOptions(iw=3.1), "--iw 3.1", ("0", "3")),
            (NIJI, MidjourneyOptions(sv=0), "--sv 0", ("1", "4")),
            (NIJI, MidjourneyOptions(sv=5), "--sv 5", ("1", "4")),
        )
    ),
    *(
        row(model, DRAWN, Problem(C.OPTION_NOT_WHOLE, given, ends, model_name=model.name), midjourney=options)
        for model, options, given, ends in (
            (MIDJOURNEY, MidjourneyOptions(stylize=0.5), "--stylize 0.5", ("0", "1000")),
            (NIJI, MidjourneyOptions(sv=2.5), "--sv 2.5", ("1", "4")),
        )
    ),
    *(
        row(MIDJOURNEY, DRAWN, Problem(C.REFERENCE_NOT_PUBLIC, link), midjourney=MidjourneyOptions(sref=sref))
        for sref, link in (
            ("http://x.test/1.png", "http://x.test/1.png"),
            ("123 https://127.0.0.1/1.png", "https://127.0.0.1/1.png"),
        )
    ),
]


@pytest.mark.parametrize(
    ("model", "asked", "fields", "expected"), TABLE, ids=[f"{number}-{row[3].code}" for number, row in enumerate(TABLE)]
)
def test_each_reason_alone(
    model: Model | None, asked: GenerationRequest, fields: dict[str, object], expected: Problem
) -> None:
    assert problems(model, asked, **fields) == (expected,)


def test_models_that_know_an_option_are_named() -> None:
    known = (IMAGE, MIDJOURNEY, replace(MIDJOURNEY, name="Sound", medium=None), NIJI)
    options = MidjourneyOptions(stylize=5, weird=1)
    with_options = replace(ASKED, midjourney=options, references=(LINK,), reference_type="style")
    assert check(with_options, IMAGE, known) == (
        Problem(C.OPTION_UNSUPPORTED, "--ref, --stylize", ("MJ", "Niji"), model_name="Image Model"),
        Problem(C.OPTION_UNSUPPORTED, "--weird", ("Niji",), model_name="Image Model"),
    )
    assert check(replace(DRAWN, midjourney=options), MIDJOURNEY, known) == (
        Problem(C.OPTION_UNSUPPORTED, "--weird", ("Niji",), model_name="MJ"),
    )
    assert check(replace(UNNAMED, midjourney=MidjourneyOptions(raw=True)), None, known) == (
        Problem(C.OPTION_UNSUPPORTED, "--raw", ("MJ", "Niji")),
    )
    # Of a video no model for pictures is of use, whatever it takes.
    assert check(replace(FILMED, midjourney=MidjourneyOptions(raw=True)), VIDEO, known) == (
        Problem(C.OPTION_UNSUPPORTED, "--raw", model_name="Video Model"),
    )


def test_every_reason_is_tried() -> None:
    named = re.findall(r"ProblemCode\.([A-Z_]+)", inspect.getsource(requests))
    assert {row[3].code for row in TABLE} == {ProblemCode[name] for name in named}


@pytest.mark.parametrize(
    ("model", "asked", "fields"),
    [
        (IMAGE, ASKED, {}),
        (IMAGE, ASKED, {"prompt": "x" * 20}),
        (IMAGE, ASKED, {"multi_view": False}),
        (replace(IMAGE, poses=("a-pose",), has_multi_view=True), ASKED, {"pose_mode": "a-pose", "multi_view": True}),
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
        (
            VIDEO,
            FILMED,
            {
                "aspect_ratio": ADAPTIVE_RATIO,
                "reference_video": "http://127.0.0.1:8000/a.mp4",
                "reference_video_seconds": 0.04,
            },
        ),
        # A length without a video says nothing.
        (VIDEO, FILMED, {"reference_video_seconds": 0.0}),
        (replace(VIDEO, default_resolution="480p"), FILMED, {"tier": "pro"}),
        (replace(VIDEO, tier_resolutions={"pro": ()}), FILMED, {"tier": "pro", "resolution": "1080p"}),
        (replace(VIDEO, max_references=2), FILMED, {"references": (LINK, FILE)}),
        (IMAGE, ASKED, {"references": (replace(FILE, filename="a.webp", content_type="image/webp"),)}),
        (IMAGE, ASKED, {"references": (replace(FILE, filename="a.gif", content_type="image/gif"),)}),
        (IMAGE, ASKED, {"references": (Reference("https://x.test/cat"), Reference("https://x.test/cat.php?f=a.mp4"))}),
        # The upstream itself gave us the link.
        (IMAGE, ASKED, {"references": (Reference("http://127.0.0.1:8000/1.png?a=1", is_result=True),)}),
        (MIDJOURNEY, DRAWN, {"quality": "1", "references": (LINK,), "reference_type": "content"}),
        (MIDJOURNEY, DRAWN, {"midjourney": MidjourneyOptions(0, 0, raw=False, iw=0, sref="https://x.test/1", sw=0)}),
        (MIDJOURNEY, DRAWN, {"midjourney": MidjourneyOptions(1000, 100, raw=True, iw=2, sref="88 120", sw=1000)}),
        (NIJI, DRAWN, {"midjourney": MidjourneyOptions(1000, 100, 3000, raw=True, iw=3, sref="a b", sw=1000, sv=4)}),
        (NIJI, DRAWN, {"midjourney": MidjourneyOptions(0, 0, 0, raw=False, iw=0.25, sref="1", sw=0, sv=1)}),
        # Named, but not in the catalogue: that is said elsewhere.
        (None, DRAWN, {"midjourney": MidjourneyOptions(weird=5), "quality": "4"}),
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
    found = {problem.code for problem in check(replace(ASKED, references=(Reference(url),)), None)}
    assert found <= {C.REFERENCE_NOT_PUBLIC, C.REFERENCE_NOT_IMAGE}


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
