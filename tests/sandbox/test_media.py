"""Pictures and videos of the stand-ins: valid, in the size asked for, different, and quick to make."""

import io
import math
import time
from fractions import Fraction

import av
import pytest
from PIL import Image, ImageStat

from sandbox.media import bulky_picture, picture, picture_size, video, video_size
from sandbox.meigen.catalogue import MODELS
from sandbox.painting import caption
from sandbox.scenes import SUBJECTS, Scene

RATIOS = sorted({ratio for model in MODELS for ratio in model.ratios if ratio != "adaptive"})


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(("resolution", "side"), [(None, 1024), ("1K", 1024), ("2K", 2048), ("3K", 3072), ("4K", 4096)])
@pytest.mark.parametrize("ratio", RATIOS)
def test_picture_sizes(ratio: str, resolution: str | None, side: int) -> None:
    width, height = picture_size(ratio, resolution)
    across, down = map(int, ratio.split(":"))
    assert max(width, height) == side
    assert width / height == pytest.approx(across / down, rel=0.01)


@pytest.mark.parametrize(
    ("ratio", "resolution", "cap", "size"),
    [
        ("16:9", "480p", 480, (854, 480)),
        ("9:16", "1080p", 1080, (1080, 1920)),
        ("1:1", "720p", 360, (360, 360)),
        ("21:9", None, 480, (1120, 480)),
    ],
)
def test_video_sizes(ratio: str, resolution: str | None, cap: int, size: tuple[int, int]) -> None:
    assert video_size(ratio, resolution, cap) == size


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_picture_is_a_valid_file_of_its_kind(file_format: str) -> None:
    image = opened(picture(Scene("layered hills", "seed"), (320, 200), file_format))
    assert (image.format, image.size, image.mode) == (file_format, (320, 200), "RGB")


def test_the_same_scene_is_the_same_file() -> None:
    one, again = (Scene("layered hills", "seed", 2).paint((64, 64)).tobytes() for _ in range(2))
    assert one == again


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Mean distance of two pictures' pixels, 0 to 255."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(one.tobytes())


@pytest.mark.parametrize("words", ["a planet", "a city", "the sea", "a forest", "a garden", "a poster", "a cat", "?"])
def test_candidates_differ_plainly(words: str) -> None:
    pictures = [Scene(words, "seed", variant).paint((48, 48)) for variant in range(4)]
    differences = [_difference(a, b) for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(differences) > 8


@pytest.mark.parametrize("words", ["the sea", "a ringed planet", "a city at night"])
def test_candidates_have_colours_of_their_own(words: str) -> None:
    stats = [ImageStat.Stat(Scene(words, "seed", variant).paint((48, 48))).mean for variant in range(4)]
    distances = [math.dist(a, b) for i, a in enumerate(stats) for b in stats[:i]]
    assert min(distances) > 15


def test_another_generation_of_a_prompt_is_another_picture() -> None:
    one, other = (Scene("a city", seed).paint((48, 48)) for seed in ("one", "other"))
    assert _difference(one, other) > 8


@pytest.mark.parametrize("subject", list(SUBJECTS.values()))
def test_every_subject_is_more_than_a_plain_colour(subject: str) -> None:
    for word in subject.split()[:3]:
        assert max(ImageStat.Stat(Scene(word, "seed").paint((160, 90))).stddev) > 12


@pytest.mark.parametrize("size", [(1, 1), (8, 1024), (1024, 8), (3, 2)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    assert Scene("a ringed planet over a long town", "seed").paint(size).size == size


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("a small house", "a small house"),
        ("", ""),
        ("月夜の竹林", ""),
        (
            "an owl on top of an elephant\u2019s back, wide shot of it all",
            "an owl on top of an elephant\u2019s back wide",
        ),
        ('{"scene": {"place": "a harbour"}, "tags": ["dusk", 3, null]}', "a harbour dusk 3"),
        ("[]", ""),
        ("\u202eغروب cafés & co 🌇", "cafés co"),
        ("x" * 60, ""),
    ],
)
def test_captions(prompt: str, line: str) -> None:
    assert caption(prompt) == line


def test_a_bulky_picture_is_whole() -> None:
    content = bulky_picture(Scene("the sea", "seed"), (400, 300))
    assert len(content) > 3 * 400 * 300
    assert opened(content).size == (400, 300)


@pytest.mark.parametrize("seconds", [4, 5])
def test_a_video_has_its_size_length_and_pace(seconds: int) -> None:
    content = video(Scene("the sea at dusk", "seed"), (160, 90), seconds)
    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name in ("h264", "libopenh264", "mpeg4")
        assert (stream.width, stream.height) == (160, 90)
        assert stream.average_rate == Fraction(24)
        assert stream.pix_fmt == "yuv420p"
        assert container.duration == seconds * 1_000_000
        frames = [frame.to_image() for frame in container.decode(stream)]  # type: ignore[no-untyped-call]  # PyAV left it so
    assert len(frames) == seconds * 24
    assert _difference(frames[0], frames[-1]) > 0.5


def test_a_video_plays_from_its_first_bytes() -> None:
    content = video(Scene("the sea at dusk", "seed"), (160, 90), 4)
    assert content[4:8] == b"ftyp"
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize(("ratio", "resolution", "most_seconds"), [("1:1", "1K", 0.1), ("16:9", "4K", 1.0)])
def test_pictures_are_quick(ratio: str, resolution: str, most_seconds: float) -> None:
    """The bound is for a quiet machine: the best of several, and three times as long on one that is not."""
    took = []
    for seed in range(5):
        began = time.perf_counter()
        picture(Scene("hills at dusk", f"quick {seed}"), picture_size(ratio, resolution), "JPEG")
        took.append(time.perf_counter() - began)
    assert min(took) < 3 * most_seconds
