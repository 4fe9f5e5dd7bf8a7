"""The chart: columns as high as what they stand for, figures that reach it, and ink that can be read."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.domain.charts import Chart, Column
from bot.media.chart import BACKGROUND, BOTTOM, COLUMN, HEIGHT, INK, LEFT, RIGHT, TOP, WIDTH, PillowCharts, nice_step

LIMIT_BYTES = 100_000


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


async def drawn(*values: int, title: str = "Credits per day", label: str = "1 Nov") -> Image.Image:
    columns = tuple(Column(label, value) for value in values)
    content = await PillowCharts().draw(Chart(title, columns))
    assert len(content) < LIMIT_BYTES
    return opened(content)


def heights(image: Image.Image, count: int) -> list[int]:
    """Of its columns, in pixels, from the middle of each."""
    room = (RIGHT - LEFT) / count
    middles = [round(LEFT + room * (number + 0.5)) for number in range(count)]
    return [sum(image.getpixel((x, y)) == COLUMN for y in range(TOP, BOTTOM)) for x in middles]


def ink_within(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    return sum(count for count, colour in image.crop(box).getcolors(1 << 24) or () if colour == INK)


async def test_it_is_a_png_of_its_size_with_a_background_of_its_own() -> None:
    image = await drawn(1, 2, 3)
    assert (image.format, image.size, image.mode) == ("PNG", (WIDTH, HEIGHT), "RGB")
    assert image.getpixel((1, 1)) == image.getpixel((WIDTH - 2, HEIGHT - 2)) == BACKGROUND


async def test_columns_are_as_high_as_what_they_stand_for() -> None:
    image = await drawn(0, 250, 500, 1000)
    none, quarter, half, whole = heights(image, 4)
    assert none == 0
    assert whole == pytest.approx(BOTTOM - TOP, abs=3)
    assert half == pytest.approx(whole / 2, abs=3)
    assert quarter == pytest.approx(whole / 4, abs=3)


async def test_what_is_little_beside_much_is_seen_all_the_same() -> None:
    assert heights(await drawn(1, 100_000_000), 2)[0] > 0


@pytest.mark.parametrize("values", [(), (0,), (0, 0, 0), (1,), (100_000_000,) * 30])
async def test_any_figures_can_be_drawn(values: tuple[int, ...]) -> None:
    image = await drawn(*values)
    assert ink_within(image, (0, TOP - 12, LEFT, BOTTOM + 12)) > 0, "the axis has figures"


async def test_title_and_labels_stand_where_they_belong() -> None:
    title, labels = (0, 0, WIDTH, TOP - 12), (LEFT, BOTTOM + 4, WIDTH, HEIGHT)
    image = await drawn(1, 2)
    assert ink_within(image, title) > 100
    assert ink_within(image, labels) > 20
    bare = await drawn(1, 2, title="", label="")
    assert (ink_within(bare, title), ink_within(bare, labels)) == (0, 0)


async def test_the_same_figures_make_the_same_picture() -> None:
    chart = Chart("a", (Column("b", 3),))
    assert await PillowCharts().draw(chart) == await PillowCharts().draw(chart)


async def test_the_largest_figure_does_not_leave_the_picture() -> None:
    image = await drawn(*(100_000_000,) * 30)
    assert ink_within(image, (0, 0, 4, HEIGHT)) == 0


@pytest.mark.parametrize(
    ("most", "step"),
    [
        (0, 1),
        (1, 1),
        (5, 1),
        (6, 2),
        (10, 2),
        (11, 5),
        (25, 5),
        (26, 10),
        (99, 20),
        (100, 20),
        (890, 200),
        (10**8, 2 * 10**7),
    ],
)
def test_steps_are_round_and_few(most: int, step: int) -> None:
    assert nice_step(most) == step
    assert step * 5 >= most


def test_ink_can_be_read_on_its_background() -> None:
    def luminance(colour: tuple[int, int, int]) -> float:
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    assert contrast(INK, BACKGROUND) > 7  # WCAG, 1.4.6
    assert contrast(COLUMN, BACKGROUND) > 3  # WCAG, 1.4.11
