"""From a prompt to a picture: which subject, in which colours, with which words beneath."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image

from sandbox.painting import PAPER, Canvas, Palette, between, caption, colour, faint
from sandbox.subjects import Painter, cat, city, flowers, forest, hills, poster, sea, space


def _palette(colours: str, hue: str = "", *, is_night: bool = False) -> Palette:
    high, middle, low, sun, far, near, accent = map(colour, colours.split())
    return Palette((high, middle, low), sun, far, near, accent, hue, is_night)


PALETTES: Final = (
    _palette("2b2d6e c95d7e ffc27a fff0c2 8d5a86 241a3a ffd9a0", "dusk sunset sunrise dawn evening purple romantic"),
    _palette("2f7f86 8cc5b4 f7e8bd fff6d6 5fa39b 0a2e36 e36414", "teal turquoise sea ocean lake water"),
    _palette("5b9fd8 b0d9f0 fdf0d9 ffffff 8fb4cf 1f3b57 f25f4c", "blue sky morning bright day"),
    _palette("f8ddb6 f2a76d d9623f fff3d6 b85a44 3d1420 2a9d8f", "red orange desert autumn fire warm dragon"),
    _palette("cfe3c4 a9cfae f3f0d6 fffbe4 7fa58a 14352a e07a5f", "green forest garden spring jungle nature leaf"),
    _palette("ff9aa8 ffc0bd ffe9cd ffffff d98a9b 5b1f3d 355070", "pink rose cherry blossom love cute"),
    _palette("f6bd60 f9d98c fdf3d0 fffdf0 d99a4e 4a1f10 bc4b32", "gold golden yellow wheat honey sand sunrise"),
    _palette("8fc8e8 c8e6f5 f7fbff ffffff 9cc4da 1c4966 ff6b6b", "winter snow ice white cold"),
    _palette("0b1033 37307a 9a5aa8 f7f2ff 4f4188 0d0a24 ffb4e6", "violet magic neon dream mystic", is_night=True),
    _palette("040a1c 0f2a52 356f9c fdfbe8 2a5379 06101f ffd166", "night midnight star moon dark", is_night=True),
    _palette("04161a 0d3f45 2f8f83 f0fff8 1f6a66 03171b 9ef0c2", "aurora alien emerald cyber", is_night=True),
    _palette("14060f 571c3a d4664f fff0e0 6f2a44 12050d ffb347", "mars crimson volcano lava", is_night=True),
)


SUBJECTS: Final[dict[Painter, str]] = {
    space: "space galaxy planet planets star stars astronaut rocket spaceship alien nebula cosmic universe mars solar",
    city: "city street town building buildings skyline tokyo york robot car train cyberpunk neon tower house castle",
    sea: "sea ocean beach boat ship sail sailing lake river harbour harbor island water fish whale wave lighthouse",
    forest: "forest tree trees wood woods winter snow snowy pine deer fox wolf bear owl jungle bamboo christmas",
    flowers: "flower flowers garden rose roses tulip tulips blossom blossoms cherry butterfly bee meadow bouquet",
    poster: "logo poster abstract design geometric pattern icon minimal minimalist bauhaus art music letters sign",
    hills: "hill hills mountain mountains valley landscape sunrise sunset desert field cat cats kitten dog horse",
}
NIGHTS: Final = (space,)
NIGHT_WORDS: Final = {"night", "midnight", "dark", "neon", "moon", "cyberpunk", "aurora", "stars"}


@dataclass(frozen=True, slots=True)
class Scene:
    """A composition, the same whenever it is painted; `at_seconds` moves what moves in it."""

    prompt: str
    seed: str
    """Another seed is another picture of the same prompt."""
    variant: int = 0
    """Candidates of one generation: colours and layout differ from one to the next."""

    def paint(self, size: tuple[int, int], at_seconds: float = 0.0, *, smooth: bool = True) -> Image.Image:
        canvas = Canvas(size, smooth=smooth)
        chance = _chance(self.seed, str(self.variant), self.prompt)
        words = set(re.findall(r"\w+", self.prompt.casefold()))
        subject = _subject(words, _chance(self.prompt))
        palette = _colours(words, self.variant, _chance(self.seed), is_night=subject in NIGHTS)
        subject(canvas, palette, chance, at_seconds)
        if words & {"cat", "cats", "kitten", "kitty"}:
            cat(canvas, between(palette.near, (0, 0, 0), 0.45))
        _sign(canvas, caption(self.prompt))
        return canvas.finished()


def _chance(*parts: str) -> random.Random:
    # Seeded by bytes: text with half a surrogate pair, which JSON can carry, would be refused.
    return random.Random("|".join(parts).encode("utf-8", "replace"))  # noqa: S311 - reproducible, guards nothing


def _subject(words: set[str], chance: random.Random) -> Painter:
    for painter, calling in SUBJECTS.items():
        if words & set(calling.split()):
            return painter
    return chance.choice([painter for painter in SUBJECTS if painter not in NIGHTS])


def _colours(words: set[str], variant: int, chance: random.Random, *, is_night: bool) -> Palette:
    """What the words call for, for the first candidate; the others take their turn from there."""
    is_dark = is_night or bool(words & NIGHT_WORDS)
    fitting = [palette for palette in PALETTES if palette.is_night or not is_dark]
    usual = [palette for palette in fitting if palette.is_night == is_dark]
    called = [palette for palette in usual if words & set(palette.hue.split())]
    first = fitting.index(chance.choice(called or usual))
    return fitting[(first + variant * (1 if is_dark else 3)) % len(fitting)]


def _sign(canvas: Canvas, text: str) -> None:
    if not text:
        return
    size = min(0.034, canvas.height * 0.08)
    y = canvas.height - 2.1 * size
    canvas.letters(text, y + size * 0.06, (0, 0, 0, 110), size)
    canvas.letters(text, y, faint(PAPER, 0.93), size)
