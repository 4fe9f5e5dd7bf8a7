"""Small charts: columns under a title, on a background of their own, so that they read well on dark and on light."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.domain.charts import Chart, Column

WIDTH, HEIGHT = 960, 440
LEFT, TOP, RIGHT, BOTTOM = 140, 90, 930, 390
"""Where the columns stand."""
TITLE_PIXELS, FIGURE_PIXELS = 28, 20
BACKGROUND, INK, GRID, COLUMN = (30, 31, 34), (226, 228, 232), (74, 77, 84), (59, 130, 246)
COLUMN_PART = 0.72
"""Of the room that a column has."""
STEPS_MAX = 5
NICE = (1, 2, 5)


class PillowCharts:
    """Implements `bot.ports.Charts`."""

    async def draw(self, chart: Chart) -> bytes:
        return await asyncio.to_thread(picture, chart)


def picture(chart: Chart) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    pen = ImageDraw.Draw(image)
    most = max((column.value for column in chart.columns), default=0)
    step = nice_step(most)
    steps = max(1, -(-most // step))
    pen.text((30, 24), chart.title, INK, font=_font(TITLE_PIXELS))
    _draw_grid(pen, step, steps)
    _draw_columns(pen, chart.columns, step * steps)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def nice_step(most: int) -> int:
    """The distance between two lines of the grid: 1, 2 or 5 times a power of ten, so that few of them reach `most`."""
    power = 1
    while True:
        for nice in NICE:
            if nice * power * STEPS_MAX >= most:
                return nice * power
        power *= 10


def _draw_grid(pen: ImageDraw.ImageDraw, step: int, steps: int) -> None:
    for number in range(steps + 1):
        y = BOTTOM - (BOTTOM - TOP) * number // steps
        pen.line((LEFT, y, RIGHT, y), GRID, width=2 if number == 0 else 1)
        pen.text((LEFT - 14, y), f"{step * number:,}", INK, font=_font(FIGURE_PIXELS), anchor="rm")


def _draw_columns(pen: ImageDraw.ImageDraw, columns: Sequence[Column], top: int) -> None:
    room = (RIGHT - LEFT) / max(1, len(columns))
    for number, column in enumerate(columns):
        middle = LEFT + room * (number + 0.5)
        if column.value > 0:
            # What is little is seen, too.
            height = max(2, round((BOTTOM - TOP) * column.value / top))
            half = room * COLUMN_PART / 2
            pen.rectangle((middle - half, BOTTOM - height, middle + half, BOTTOM), COLUMN)
        if column.label:
            pen.text((middle, BOTTOM + 12), column.label, INK, font=_font(FIGURE_PIXELS), anchor="ma")


def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The one that Pillow brings along."""
    return ImageFont.load_default(pixels)
