"""Landscapes and posters: each subject paints itself in some palette, by chance, and moves as the seconds go by."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.painting import PAPER, Canvas, Colour, Palette, Point, between, faint

Painter: TypeAlias = Callable[[Canvas, Palette, random.Random, float], None]


def _falls(chance: random.Random, share: float) -> bool:
    return chance.random() < share


def _shade(canvas: Canvas, dark: Colour) -> None:
    """Keep the foot of the picture calm, so that the lettering can be read."""
    canvas.dusk(canvas.height * 0.8, dark, 0.9)


def _sky(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    canvas.wash(palette.sky, 0, canvas.height * 0.86)
    if palette.is_night:
        _stars(canvas, chance, 130, at_seconds)
    x = canvas.width * chance.uniform(0.25, 0.75)
    y = canvas.height * chance.uniform(0.24, 0.42) - 0.006 * at_seconds
    radius = chance.uniform(0.07, 0.13)
    canvas.glow(x, y, radius * 4.2, palette.sun, 0.55)
    canvas.disc(x, y, radius, palette.sun)


def _stars(canvas: Canvas, chance: random.Random, count: int, at_seconds: float) -> None:
    for _ in range(round(count * canvas.width * canvas.height)):
        x, y = chance.uniform(0, canvas.width), chance.uniform(0, canvas.height)
        size, beat = chance.choice((0.0016, 0.0016, 0.0024, 0.0036)), chance.uniform(0, 6.3)
        opacity = 0.65 + 0.3 * math.sin(beat + 2.2 * at_seconds)
        canvas.disc(x, y, size, faint((255, 252, 240), opacity))


def _clouds(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    tint = faint(between(palette.sun, palette.sky[-1], 0.3), 0.22 if palette.is_night else 0.42)
    for _ in range(chance.randint(2, 4)):
        x = chance.uniform(-0.1, 1.0) * canvas.width + 0.012 * at_seconds
        y = canvas.height * chance.uniform(0.1, 0.42)
        for _ in range(4):
            reach = chance.uniform(0.1, 0.24)
            canvas.oval(x, y, reach, reach * 0.075, tint)
            x, y = x + chance.uniform(-0.08, 0.14), y + chance.uniform(0.006, 0.018)


@dataclass(frozen=True, slots=True)
class _Ridge:
    """A skyline: waves of several lengths on top of each other; it drifts sideways."""

    level: float
    swing: float
    phases: tuple[float, ...]
    drift: float = 0.0

    def height(self, x: float) -> float:
        waves = zip((1.7, 3.9, 8.3), (1.0, 0.42, 0.14), self.phases, strict=True)
        return self.level - self.swing * sum(a * math.sin(f * (x + self.drift) + p) for f, a, p in waves)

    def fill(self, canvas: Canvas, tint: Colour) -> None:
        steps = 60 + round(30 * canvas.width)
        skyline = [(canvas.width * i / steps, self.height(canvas.width * i / steps)) for i in range(steps + 1)]
        canvas.shape([(0, canvas.height), *skyline, (canvas.width, canvas.height)], tint)


def _ridge(chance: random.Random, level: float, swing: float, drift: float = 0.0) -> _Ridge:
    return _Ridge(level, swing, (chance.uniform(0, 6.3), chance.uniform(0, 6.3), chance.uniform(0, 6.3)), drift)


def hills(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    _sky(canvas, palette, chance, at_seconds)
    _clouds(canvas, palette, chance, at_seconds)
    layers = chance.randint(4, 6)
    haze = between(palette.sky[-1], palette.far, 0.55)
    for index in range(layers):
        near = index / (layers - 1)
        level = canvas.height * (0.52 + 0.34 * near)
        ridge = _ridge(chance, level, (0.075 - 0.03 * near) * canvas.height, at_seconds * (0.004 + 0.03 * near))
        ridge.fill(canvas, between(haze, palette.near, near**1.25))
        if index >= layers - 2:
            _pines_on(canvas, ridge, chance, between(palette.far, palette.near, 0.75 + 0.25 * near))
    _birds(canvas, palette, chance, at_seconds)
    _shade(canvas, palette.near)


def _pines_on(canvas: Canvas, ridge: _Ridge, chance: random.Random, tint: Colour) -> None:
    span = canvas.width + 0.6
    for _ in range(round(16 * canvas.width)):
        # Rooted in the hill: they go along with it as it drifts, and come in again on the other side.
        x = (chance.uniform(0, span) - ridge.drift) % span - 0.3
        _pine(canvas, x, ridge.height(x) + 0.012, chance.uniform(0.045, 0.1), tint)


def _pine(canvas: Canvas, x: float, foot: float, height: float, tint: Colour) -> None:
    canvas.box(x - height * 0.035, foot - height * 0.2, x + height * 0.035, foot, tint)
    for low, high, spread in ((0.12, 0.62, 0.24), (0.36, 0.82, 0.18), (0.58, 1.0, 0.12)):
        left, right = (x - height * spread, foot - height * low), (x + height * spread, foot - height * low)
        canvas.shape([left, right, (x, foot - height * high)], tint)


def _birds(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    ink = faint(palette.near, 0.8)
    x, y = canvas.width * chance.uniform(0.15, 0.7), canvas.height * chance.uniform(0.14, 0.3)
    for _ in range(chance.randint(3, 6)):
        span = chance.uniform(0.013, 0.024)
        lift = span * (0.45 + 0.3 * math.sin(7 * at_seconds + x * 90))
        left, right = x + 0.02 * at_seconds, x + 0.02 * at_seconds + 2 * span
        middle = (left + right) / 2
        canvas.stroke([(left, y - lift), (middle, y), (right, y - lift)], ink, 0.0035)
        x, y = x + chance.uniform(-0.07, 0.09), y + chance.uniform(-0.035, 0.04)


def sea(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    horizon = canvas.height * chance.uniform(0.52, 0.6)
    canvas.wash(palette.sky, 0, horizon)
    if palette.is_night:
        _stars(canvas, chance, 90, at_seconds)
    x, radius = canvas.width * chance.uniform(0.3, 0.7), chance.uniform(0.1, 0.16)
    y = horizon - radius * chance.uniform(0.25, 1.1)
    canvas.glow(x, y, radius * 4, palette.sun, 0.6)
    canvas.disc(x, y, radius, palette.sun)
    _clouds(canvas, palette, chance, at_seconds)
    _ridge(chance, horizon - 0.005, 0.03, at_seconds * 0.004).fill(canvas, between(palette.sky[-1], palette.far, 0.6))
    canvas.wash((between(palette.far, palette.sky[-1], 0.35), palette.far, palette.near), horizon)
    _glitter(canvas, palette, chance, (x, horizon), at_seconds)
    boat_x = canvas.width * chance.uniform(0.16, 0.8) + 0.016 * at_seconds
    _boat(canvas, palette, (boat_x, horizon + (canvas.height - horizon) * chance.uniform(0.22, 0.5)), at_seconds)
    _shade(canvas, palette.near)


def _glitter(
    canvas: Canvas, palette: Palette, chance: random.Random, under: tuple[float, float], at_seconds: float
) -> None:
    x, horizon = under
    for row in range(46):
        depth = row / 45
        y = horizon + 0.006 + (canvas.height - horizon) * depth**1.35
        sway = 0.012 * math.sin(1.9 * at_seconds + row * 1.3)
        middle = x + chance.uniform(-0.05, 0.05) * (0.3 + 1.6 * depth) + sway
        reach = chance.uniform(0.02, 0.11) * (0.5 + 1.1 * depth)
        canvas.oval(middle, y, reach, 0.0016 + 0.004 * depth, faint(palette.sun, 0.62 - 0.42 * depth))


def _boat(canvas: Canvas, palette: Palette, at: tuple[float, float], at_seconds: float) -> None:
    x, y = at[0], at[1] + 0.004 * math.sin(1.4 * at_seconds)
    size = 0.17 if canvas.height >= canvas.width else 0.2
    canvas.oval(x, y + size * 0.12, size * 0.42, size * 0.035, faint(palette.near, 0.35))
    hull = [(-0.4, -0.06), (0.42, -0.06), (0.3, 0.1), (-0.3, 0.1)]
    canvas.shape([(x + size * dx, y + size * dy) for dx, dy in hull], between(palette.near, palette.accent, 0.15))
    canvas.shape([(x + size * dx, y + size * dy) for dx, dy in ((0.02, -0.1), (0.02, -0.95), (0.4, -0.1))], PAPER)
    jib = [(-0.03, -0.1), (-0.03, -0.8), (-0.32, -0.1)]
    canvas.shape([(x + size * dx, y + size * dy) for dx, dy in jib], palette.accent)


def space(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    deep = between(palette.sky[0], (0, 0, 0), 0.35)
    canvas.wash((deep, palette.sky[0], palette.sky[1]))
    for _ in range(4):
        x, y = chance.uniform(0, canvas.width), chance.uniform(0, canvas.height)
        cloud = chance.choice((palette.sky[2], palette.accent, palette.far))
        canvas.glow(x + 0.01 * at_seconds, y, chance.uniform(0.3, 0.6), cloud, 0.3)
    _stars(canvas, chance, 260, at_seconds)
    x, y = canvas.width * chance.uniform(0.38, 0.62), canvas.height * chance.uniform(0.36, 0.5)
    radius, is_ringed = chance.uniform(0.2, 0.27), _falls(chance, 0.7)
    rings = [(1.5, 0.05), (1.72, 0.028), (1.88, 0.012)] if is_ringed else []
    for half, degrees in enumerate(((180, 360), (0, 180))):
        if half:
            _planet(canvas, palette, chance, (x, y, radius))
        for reach, width in rings:
            pen = (faint(between(palette.accent, PAPER, 0.35), 0.85), width * radius * 2)
            canvas.arc(x, y, (radius * reach, radius * reach * 0.27), degrees, pen)
    turn = chance.uniform(0, 6.3) + 0.12 * at_seconds
    moon_x, moon_y = x + 0.42 * math.cos(turn), y - 0.3 + 0.08 * math.sin(turn)
    canvas.glow(moon_x, moon_y, 0.12, palette.sun, 0.35)
    canvas.disc(moon_x, moon_y, 0.032, between(palette.sun, palette.far, 0.2))
    _shade(canvas, deep)


def _planet(canvas: Canvas, palette: Palette, chance: random.Random, globe: tuple[float, float, float]) -> None:
    x, y, radius = globe
    canvas.glow(x, y, radius * 1.9, palette.accent, 0.4)
    base = between(palette.sky[2], palette.accent, chance.uniform(0.2, 0.6))
    canvas.disc(x, y, radius, base)
    for _ in range(9):
        level = chance.uniform(-0.85, 0.85)
        half = math.sqrt(1 - level**2) * radius * 0.985
        band = chance.choice((palette.sky[1], palette.sun, palette.accent))
        canvas.oval(x, y + level * radius, half, radius * chance.uniform(0.02, 0.06), faint(band, 0.3))
    canvas.night_side(x, y, radius, between(palette.near, (0, 0, 0), 0.3))


def city(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    _sky(canvas, palette, chance, at_seconds)
    _clouds(canvas, palette, chance, at_seconds)
    haze = between(palette.sky[-1], palette.far, 0.6)
    for index in range(3):
        tint = between(haze, palette.near, index / 2)
        lit = faint(palette.accent, (0.16, 0.45, 0.9)[index])
        _street(canvas, chance, (tint, lit), 0.5 + 0.13 * index)
    _shade(canvas, palette.near)


def _street(canvas: Canvas, chance: random.Random, tints: tuple[Colour, Colour], level: float) -> None:
    x = -0.05
    while x < canvas.width:
        width = chance.uniform(0.06, 0.13)
        top = canvas.height * (level + chance.uniform(-0.17, 0.1))
        canvas.box(x, top, x + width, canvas.height, tints[0])
        if _falls(chance, 0.3):
            canvas.box(x + width * 0.47, top - 0.06, x + width * 0.53, top, tints[0])
        _windows(canvas, chance, (x, top, x + width), tints[1])
        x += width + chance.choice((0.0, 0.0, 0.012, 0.03))


def _windows(canvas: Canvas, chance: random.Random, house: tuple[float, float, float], lit: Colour) -> None:
    left, top, right = house
    columns = max(2, round((right - left) / 0.022))
    pitch = (right - left) / columns
    for row in range(int((canvas.height * 0.93 - top) / 0.028)):
        for column in range(columns):
            if _falls(chance, 0.34):
                x, y = left + (column + 0.28) * pitch, top + 0.016 + row * 0.028
                canvas.box(x, y, x + pitch * 0.44, y + 0.012, lit)


def forest(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    _sky(canvas, palette, chance, at_seconds)
    haze = between(palette.sky[-1], palette.far, 0.5)
    for index in range(5):
        near = index / 4
        tint = between(haze, palette.near, near**1.3)
        foot = canvas.height * (0.6 + 0.3 * near)
        drift = at_seconds * (0.003 + 0.02 * near)
        _ridge(chance, foot, 0.02, drift).fill(canvas, tint)
        span = canvas.width + 0.6
        for _ in range(round((26 - 3 * index) * canvas.width)):
            x = (chance.uniform(0, span) - drift) % span - 0.3
            _pine(canvas, x, foot + 0.05, (0.16 + 0.24 * near) * chance.uniform(0.7, 1.15), tint)
    _snow(canvas, palette, chance, at_seconds)
    _shade(canvas, palette.near)


def _snow(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    for _ in range(round(70 * canvas.width * canvas.height)):
        speed, size = chance.uniform(0.03, 0.08), chance.uniform(0.002, 0.005)
        x = (chance.uniform(0, canvas.width) + 0.012 * at_seconds) % canvas.width
        y = (chance.uniform(0, canvas.height) + speed * at_seconds) % canvas.height
        canvas.disc(x, y, size, faint(palette.sun, 0.6))


def flowers(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    canvas.wash(palette.sky)
    canvas.glow(canvas.width * chance.uniform(0.3, 0.7), canvas.height * 0.35, 0.7, palette.sun, 0.6)
    _ridge(chance, canvas.height * 0.76, 0.03).fill(canvas, between(palette.sky[-1], palette.far, 0.6))
    for row in range(3):
        green = between(palette.far, palette.near, 0.3 + 0.35 * row)
        for index in range(round(6 * max(1.0, canvas.width))):
            x = canvas.width * chance.uniform(0.02, 0.98)
            head = canvas.height * (chance.uniform(0.2, 0.5) + 0.11 * row)
            sway = 0.016 * math.sin(1.3 * at_seconds + index + row)
            _flower(canvas, palette, chance, ((x + sway, head), (x, canvas.height)), (green, 0.75 + 0.2 * row))
        _ridge(chance, canvas.height * (0.82 + 0.05 * row), 0.02).fill(canvas, green)
    _shade(canvas, palette.near)


def _flower(
    canvas: Canvas, palette: Palette, chance: random.Random, stem: tuple[Point, Point], look: tuple[Colour, float]
) -> None:
    (head_x, head_y), (foot_x, foot_y) = stem
    green, size = look
    bend = [(head_x + (foot_x - head_x) * (1 - (1 - t) ** 2), head_y + (foot_y - head_y) * t) for t in (0, 0.3, 0.6, 1)]
    canvas.stroke(bend, green, 0.007 * size)
    for side in (-1, 1):
        level = chance.uniform(0.35, 0.6)
        x, y, reach = head_x + (foot_x - head_x) * level, head_y + (foot_y - head_y) * level, 0.07 * size
        tip = (x + side * reach, y - reach * 0.75)
        canvas.shape(
            [(x, y), (x + side * reach * 0.7, y - reach * 0.1), tip, (x + side * reach * 0.2, y - reach * 0.6)], green
        )
    _blossom(canvas, palette, chance, (head_x, head_y), size)


def _blossom(canvas: Canvas, palette: Palette, chance: random.Random, at: Point, size: float) -> None:
    petals, reach = chance.choice((5, 6, 8)), chance.uniform(0.03, 0.055) * size
    tint = chance.choice(
        (palette.accent, between(palette.accent, PAPER, 0.55), between(palette.far, palette.accent, 0.3))
    )
    turn = chance.uniform(0, 6.3)
    for petal in range(petals):
        angle = turn + 2 * math.pi * petal / petals
        canvas.disc(at[0] + reach * math.cos(angle), at[1] + reach * math.sin(angle), reach * 0.62, faint(tint, 0.88))
    canvas.disc(*at, reach * 0.5, between(palette.sun, palette.accent, 0.25))
    canvas.disc(*at, reach * 0.3, palette.near)


def poster(canvas: Canvas, palette: Palette, chance: random.Random, at_seconds: float) -> None:
    canvas.wash((palette.near, palette.near))
    across, down = max(1, round(canvas.width * 3)), max(1, round(canvas.height * 3))
    side_x, side_y = canvas.width / across, canvas.height * 0.88 / down
    inks = [palette.sky[0], palette.sky[-1], palette.accent, palette.far, PAPER, palette.near]
    for index in range(across * down):
        ground, figure = chance.sample(inks, 2)
        left, top = index % across * side_x, index // across * side_y
        canvas.box(left, top, left + side_x + 0.002, top + side_y + 0.002, ground)
        turn = chance.choice((0, 90, 180, 270))
        pulse = 1 - 0.12 * (1 - math.cos(1.6 * at_seconds + index)) / 2 if at_seconds else 1.0
        _tile(canvas, chance, (left, top, side_x, side_y), (figure, ground), (turn, pulse))


def _tile(
    canvas: Canvas,
    chance: random.Random,
    place: tuple[float, float, float, float],
    tints: tuple[Colour, Colour],
    motion: tuple[int, float],
) -> None:
    left, top, side_x, side_y = place
    (figure, ground), (turn, pulse) = tints, motion
    x, y, side = left + side_x / 2, top + side_y / 2, min(side_x, side_y) * pulse
    half = side / 2
    match chance.randrange(5):
        case 0:
            canvas.disc(x, y, half * 0.94, figure)
            canvas.disc(x, y, half * 0.45, ground)
        case 1:
            canvas.pie(x, y, half, (turn, turn + 180), figure)
            canvas.pie(x, y, half * 0.5, (turn + 180, turn + 360), figure)
        case 2:
            corner = {0: (-half, -half), 90: (half, -half), 180: (half, half), 270: (-half, half)}[turn]
            for reach, tint in ((1.0, figure), (0.66, ground), (0.33, figure)):
                canvas.pie(x + corner[0], y + corner[1], side * reach, (turn, turn + 90), tint)
        case 3:
            for bar in range(4):
                canvas.box(x - half, y - half + bar * side / 4, x + half, y - half + (bar + 0.5) * side / 4, figure)
        case _:
            canvas.shape([(x - half, y + half), (x, y - half), (x + half, y + half)], figure)
            canvas.disc(x, y + half * 0.35, half * 0.3, ground)


def cat(canvas: Canvas, ink: Colour) -> None:
    x, foot, size = canvas.width / 2, canvas.height * 0.86, 0.3
    canvas.oval(x, foot - size * 0.36, size * 0.3, size * 0.4, ink)
    canvas.disc(x, foot - size * 0.88, size * 0.23, ink)
    for side in (-1, 1):
        ear = [(0.05, -1.05), (0.21, -1.24), (0.225, -0.88)]
        canvas.shape([(x + side * size * dx, foot + size * dy) for dx, dy in ear], ink)
        canvas.oval(x + side * size * 0.09, foot - size * 0.9, size * 0.035, size * 0.05, (255, 226, 120))
        canvas.oval(x + side * size * 0.09, foot - size * 0.9, size * 0.012, size * 0.045, ink)
    tail = [(math.cos(a / 10), math.sin(a / 10)) for a in range(-8, 16)]
    canvas.stroke([(x + size * (0.28 + 0.22 * c), foot - size * (0.2 - 0.14 * s)) for c, s in tail], ink, size * 0.09)
