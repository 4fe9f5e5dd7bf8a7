"""A canvas measured in units of its shorter side, colours, and lettering: what the scenes are painted with."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFont

Colour: TypeAlias = tuple[int, ...]
"""Red, green, blue, and opacity where there is a fourth: 0 to 255 each."""
Point: TypeAlias = tuple[float, float]

PAPER: Colour = (250, 246, 236)
FIRST_UNKNOWN_LETTER = "\u0180"
"""The font that comes with Pillow knows Latin letters only; others would be boxes."""
SMOOTHING = 1.5
MOST_SMOOTH_PIXELS = 1_500_000
"""Edges of pictures larger than this are fine enough without being painted larger and shrunk."""


def colour(text: str) -> Colour:
    """From `rrggbb`."""
    return tuple(bytes.fromhex(text))


def between(first: Colour, second: Colour, share: float) -> Colour:
    """`share` 0 is the first, 1 the second."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def faint(solid: Colour, opacity: float) -> Colour:
    """The same colour, seen through."""
    return (*solid[:3], round(255 * max(0.0, min(1.0, opacity))))


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that go together."""

    sky: tuple[Colour, ...]
    """From above to below."""
    sun: Colour
    far: Colour
    near: Colour
    accent: Colour
    hue: str = ""
    """Words of prompts that call for it."""
    is_night: bool = False


class Canvas:
    """An RGB picture; x runs to `width`, y down to `height`, the smaller of which is 1."""

    def __init__(self, size: tuple[int, int], *, smooth: bool = True) -> None:
        factor = SMOOTHING if smooth and size[0] * size[1] <= MOST_SMOOTH_PIXELS else 1
        self._size = size
        self._pixels = (round(size[0] * factor), round(size[1] * factor))
        self._unit = min(self._pixels)
        self.width, self.height = self._pixels[0] / self._unit, self._pixels[1] / self._unit
        self._image = Image.new("RGB", self._pixels)
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def finished(self) -> Image.Image:
        """The picture in the size asked for."""
        if self._pixels == self._size:
            return self._image
        return self._image.resize(self._size, Image.Resampling.BILINEAR)

    def wash(self, stops: Sequence[Colour], top: float = 0.0, bottom: float | None = None) -> None:
        """Fill from `top` to `bottom` with colours that run into each other."""
        first, last = round(top * self._unit), round((self.height if bottom is None else bottom) * self._unit)
        column = Image.new("RGB", (1, 128))
        column.putdata([_blend(stops, row / 127) for row in range(128)])
        strip = column.resize((1, max(1, last - first)), Image.Resampling.BILINEAR)
        self._image.paste(strip.resize((self._pixels[0], strip.height), Image.Resampling.NEAREST), (0, first))

    def glow(self, x: float, y: float, radius: float, light: Colour, strength: float) -> None:
        """A soft light, brightest in its middle."""
        side = max(2, round(2 * radius * self._unit))
        mask = _halo(round(255 * strength)).resize((side, side), Image.Resampling.BILINEAR)
        corner = (round((x - radius) * self._unit), round((y - radius) * self._unit))
        self._image.paste(light[:3], (*corner, corner[0] + side, corner[1] + side), mask)

    def dusk(self, top: float, dark: Colour, strength: float) -> None:
        """Darken towards the foot of the picture, from `top` on."""
        first = round(top * self._unit)
        column = Image.linear_gradient("L").point([round(step * strength) for step in range(256)])
        mask = column.resize((self._pixels[0], max(1, self._pixels[1] - first)), Image.Resampling.BILINEAR)
        self._image.paste(dark[:3], (0, first), mask)

    def night_side(self, x: float, y: float, radius: float, dark: Colour) -> None:
        """Darken a globe where the light from the upper left does not reach."""
        side = max(2, round(2 * radius * self._unit))
        mask = _globe_shadow().resize((side, side), Image.Resampling.BILINEAR)
        corner = (round((x - radius) * self._unit), round((y - radius) * self._unit))
        self._image.paste(dark[:3], (*corner, corner[0] + side, corner[1] + side), mask)

    def disc(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self.oval(x, y, radius, radius, fill)

    def oval(self, x: float, y: float, radius_x: float, radius_y: float, fill: Colour) -> None:
        corners = (x - radius_x, y - radius_y, x + radius_x, y + radius_y)
        self._draw.ellipse([value * self._unit for value in corners], fill=fill)

    def pie(self, x: float, y: float, radius: float, degrees: tuple[float, float], fill: Colour) -> None:
        """A slice between two angles, clockwise from three o'clock."""
        corners = (x - radius, y - radius, x + radius, y + radius)
        self._draw.pieslice([value * self._unit for value in corners], *degrees, fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        self._draw.rectangle([value * self._unit for value in (left, top, right, bottom)], fill=fill)

    def shape(self, points: Iterable[Point], fill: Colour) -> None:
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=fill)

    def arc(self, x: float, y: float, radii: Point, degrees: tuple[float, float], pen: tuple[Colour, float]) -> None:
        """Part of an ellipse's edge, drawn with a pen of some colour and width."""
        corners = (x - radii[0], y - radii[1], x + radii[0], y + radii[1])
        self._draw.arc([value * self._unit for value in corners], *degrees, pen[0], round(pen[1] * self._unit))

    def stroke(self, points: Iterable[Point], fill: Colour, width: float) -> None:
        path = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(path, fill=fill, width=max(1, round(width * self._unit)), joint="curve")

    def letters(self, text: str, y: float, fill: Colour, size: float) -> None:
        """One centred line of spaced capitals, smaller where it would not fit."""
        text = text.upper()
        spacing = 0.22
        natural = _text_width(text, spacing)
        if not natural:
            return
        height = min(size, 0.86 * self.width / natural)
        font = _font(max(4, round(height * self._unit)))
        x = (self.width - natural * height) / 2
        for letter in text:
            self._draw.text((x * self._unit, y * self._unit), letter, font=font, fill=fill, anchor="lm")
            x += (_text_width(letter, spacing)) * height


def caption(prompt: str, most_characters: int = 44) -> str:
    """The first words of a prompt that the lettering's font can show; the texts inside, where the prompt is JSON."""
    words = re.findall(r"[^\W_](?:[\w'\u2019&-]*[^\W_])?", " ".join(_texts(prompt)))
    line = ""
    for word in filter(_is_drawable, words):
        longer = f"{line} {word}".strip()
        if len(longer) > most_characters:
            break
        line = longer
    return line


def _texts(prompt: str) -> Iterator[str]:
    try:
        parsed = json.loads(prompt)
    except ValueError:
        yield prompt
    else:
        yield from _leaves(parsed)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif value is not None:
        yield str(value)


def _is_drawable(word: str) -> bool:
    return all(letter < FIRST_UNKNOWN_LETTER or letter == "\u2019" for letter in word)


def _blend(stops: Sequence[Colour], share: float) -> Colour:
    place = share * (len(stops) - 1)
    index = min(int(place), len(stops) - 2)
    return between(stops[index], stops[index + 1], place - index)


@lru_cache(maxsize=64)
def _halo(strength: int) -> Image.Image:
    fall_off = [round(strength * (1 - step / 255) ** 2) for step in range(256)]
    # The gradient's darkest spot is its middle and it is full at the edge of the inscribed circle.
    return Image.radial_gradient("L").point([fall_off[min(255, round(step * math.sqrt(2)))] for step in range(256)])


@lru_cache(maxsize=1)
def _globe_shadow() -> Image.Image:
    outline = Image.new("L", (512, 512))
    ImageDraw.Draw(outline).ellipse((2, 2, 509, 509), fill=255)
    away = Image.radial_gradient("L").resize((1024, 1024), Image.Resampling.BILINEAR).crop((362, 342, 874, 854))
    depth = away.point([round(240 * min(1.0, step / 125) ** 1.7) for step in range(256)])
    return ImageChops.multiply(outline, depth)


@lru_cache(maxsize=32)
def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(pixels)


@lru_cache(maxsize=2048)
def _text_width(text: str, spacing: float) -> float:
    """In units of the letters' size."""
    return sum(_font(64).getlength(letter) / 64 + spacing for letter in text)
