"""Blocked words: where they stand in a text, however they are spelled.

A text is read as it looks: each character as what it passes for, in small letters, without accents and without what
cannot be seen. The phrases make a tree of such letters, and the tree is climbed from every place where a word begins,
without going back: no text takes longer than its length, and that of the longest phrase, allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, combining, normalize

from bot.domain.lookalikes import LOOKS

# ------------------------------------------------------------ what characters are

# Han, kana, bopomofo, Thai, Lao, Tai, Khmer, Myanmar: running text, in which nothing tells where a word ends.
# Python's expressions are slow with classes that reach beyond U+FFFF, so those are kept apart here and below.
_RUNNING = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u312f"
    r"\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f]"
)
_RUNNING_BEYOND = r"[\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
_IS_RUNNING = re.compile(f"{_RUNNING}|{_RUNNING_BEYOND}")

# Controls, Unicode's Default_Ignorable_Code_Point (zero-width characters, selectors, tags, Hangul fillers ...), and the
# stroke that stretches Arabic words.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]"
    r"|[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

# Marks, which are parts of words, such as the vowels of India.
_MARKS = "".join(
    character
    for character in map(chr, (*range(0x300, 0x3400), *range(0xA600, 0xAC00), *range(0xFB00, 0xFF00)))
    if category(character) in {"Mn", "Mc", "Me"} and character not in LOOKS
)

# What looks like a letter and yet parts words, as the bar in "a|b" does, is read as a sign: a private-use character.
_SIGNS = {ord(letter): 0xF0000 + ord(letter) for letter in "abcdefghijklmnopqrstuvwxyzISZ0123456789"}
_SIGN = r"[\U000f0000-\U000f007f]"

_IN_WORD = rf"[\w{_MARKS}]"
_IN_WORD_BEYOND = r"[\U00011000-\U00011fff]"

_BEGINNING = re.compile(
    rf"(?:(?<!{_IN_WORD})(?<!{_IN_WORD_BEYOND})|(?<={_RUNNING})|(?<={_RUNNING_BEYOND}))"
    rf"(?={_IN_WORD}|{_IN_WORD_BEYOND}|{_SIGN})"
)
_END = re.compile(rf"(?!{_IN_WORD}|{_IN_WORD_BEYOND})|(?={_RUNNING}|{_RUNNING_BEYOND})")
_NO_MARK = re.compile(f"(?![{_MARKS}])")

# On a letter of an alphabet, whatever mark is there to hide the letter.
_ALPHABETS = (
    r"0-9A-Za-z\u00c0-\u02ff\u0370-\u0482\u048a-\u058f\u13a0-\u16ff\u1d00-\u1fff\u2100-\u218f\u24b6-\u24e9"
    r"\u2c00-\u2d7f\ua4d0-\ua4ff\ua640-\ua66e\ua680-\ua69d\ua720-\ua7ff\uab30-\uabbf\uff10-\uff5a"
)
_STRAY_MARKS = re.compile(rf"(?:(?<=[{_ALPHABETS}])|(?<=[\U0001d400-\U0001d7ff]))[{_MARKS}]+")

# Marks that words may go without, by their combining class: strokes through a letter, the points of Hebrew, Arabic and
# Syriac, accents.
_OPTIONAL_MARKS = frozenset({1, *range(10, 37), *range(200, 241)})


def _is_accent(character: str) -> bool:
    return combining(character) in _OPTIONAL_MARKS or category(character) == "Me"


# ------------------------------------------------------------ how a text reads

_SPACES = re.compile(" {2,}")
_OF_CAPITALS = re.compile(r"\b[A-Z]*l[A-Zl]*\b")


def _reading(character: str) -> str:
    if character in LOOKS:
        looks = LOOKS[character]
    elif character.isspace() or category(character) in {"Pd", "Pc"}:
        looks = " "
    else:
        looks = "".join(_look(piece) for piece in normalize("NFKD", character) if not _is_accent(piece))
    return looks.translate(_SIGNS) if _parts_words(character) else looks


def _look(piece: str) -> str:
    folded = piece.casefold()
    return LOOKS.get(piece) or LOOKS.get(folded, folded)


def _parts_words(character: str) -> bool:
    kind = category(character)
    return kind[0] in "SP" or kind == "No" or _IS_RUNNING.match(character) is not None


class _Readings(dict[int, str]):
    """What characters are read as, by code point; found out when one is first met."""

    def __missing__(self, code: int) -> str:
        reading = _reading(chr(code))
        if len(self) < _MOST_KEPT:
            self[code] = reading
        return reading


_MOST_KEPT = 1 << 16
_READINGS = _Readings()


def _read(text: str) -> str:
    return _SPACES.sub(" ", _OF_CAPITALS.sub(_in_capitals, _bare(text)).translate(_READINGS))


def _in_capitals(word: re.Match[str]) -> str:
    """A small l among capitals passes for one of i, as in "SHlT"; not so in "All"."""
    return word[0].replace("l", "I") if sum(map(str.isupper, word[0])) > 1 else word[0]


def _bare(text: str) -> str:
    """Without what cannot be seen, and without marks that hide letters."""
    seen = _UNSEEN.sub("", text)
    return seen if seen.isascii() else _STRAY_MARKS.sub("", seen)


# ------------------------------------------------------------ phrases

_Letter = tuple[str, ...]
"""What one letter of a phrase may be read as: a symbol, or several ("ss")."""

# What a text may have in place of a symbol of a phrase. A plain l is no i, or "fail" would be found in "fall".
_IN_PLACE_OF = {
    "i": "iI1", "l": "lI1", "I": "Iil1", "1": "1Il",
    "o": "o0", "0": "0o",
    "s": "sS", "f": "fS", "S": "Ssf",
    "y": "yZ", "z": "zZ", "Z": "Zyz",
}  # fmt: skip
_WIDE: Mapping[_Letter, _Letter] = {("m",): ("m", "rn"), ("w",): ("w", "vv")}
_LONG_ENOUGH = 4

_DIGIT_SIGNS = "".join(map(chr, (_SIGNS[ord(digit)] for digit in "0123456789")))
_NUMBER = re.compile(f"[ 0-9{_DIGIT_SIGNS}]+|[ I]+")
_DIGIT = re.compile(f"[0-9{_DIGIT_SIGNS}]")


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    letters: tuple[_Letter, ...]
    begins_word: bool
    """No letter may stand before it."""
    ends_word: bool
    has_digits: bool
    is_number: bool

    def stands(self, read: str, start: int, end: int) -> bool:
        """Whether what reads as this phrase is it: a whole word, and no number.

        A digit stands for a letter only in words that have both, and a letter for a digit likewise: "lol" is not 101,
        "ill" not III, and "a1" not AI.
        """
        if not (_END if self.ends_word else _NO_MARK).match(read, end):
            return False
        if not self.is_number and _NUMBER.fullmatch(read, start, end):
            return False
        return not self.has_digits or _DIGIT.search(read, start, end) is not None


def _phrase(text: str) -> _Phrase | None:
    """None: nothing of it can ever be found."""
    letters: list[_Letter] = []
    for word in _words(text):
        letters += [(" ",), *_widened([letter for letter in map(_letter, word) if letter])]
    if not letters:
        return None
    return _Phrase(
        text,
        tuple(letters[1:]),
        begins_word=not any(map(_END.match, letters[1])),
        ends_word=not any(map(_END.match, letters[-1])),
        has_digits=any(_DIGIT.search(_READINGS[ord(each)]) for each in text if each.isdecimal()),
        is_number=_NUMBER.fullmatch(_read(text)) is not None,
    )


def _words(text: str) -> Iterator[str]:
    """The words of a phrase, as typed."""
    parted = "".join(" " if _READINGS[ord(each)] == " " else each for each in _bare(text))
    return (word for word in parted.split() if word.translate(_READINGS))


@lru_cache(maxsize=1024)
def _letter(character: str) -> _Letter:
    """As it looks in small and as a capital, which may pass for different letters, as the nu of Greek does: v and N.

    Empty: it is not seen.
    """
    if not _READINGS[ord(character)]:
        return ()
    cases = (character.lower(), character, character.upper())
    readings = dict.fromkeys(filter(None, (case.translate(_READINGS) for case in cases)))
    if "i" in readings:
        readings.pop("I", None)  # only its capital
    return tuple(readings)


def _widened(word: list[_Letter]) -> list[_Letter]:
    """With "rn" for m, m for "rn" and "vv" for w. Not in short words: "bum" is not meant to find "burn"."""
    letters: list[_Letter] = []
    for letter in word:
        if letter == ("n",) and letters and letters[-1] == ("r",):
            letters[-1] = _WIDE["m",]
        else:
            letters.append(_WIDE.get(letter, letter))
    return letters if len(letters) >= _LONG_ENOUGH else word


# ------------------------------------------------------------ the tree


class _Node:
    """Where phrases have come to: what may follow, and which of them end here."""

    __slots__ = ("branches", "ends", "steps")

    def __init__(self) -> None:
        self.branches: dict[_Letter, _Node] = {}
        self.steps: dict[str, tuple[_Node, ...]] = {}
        self.ends: list[_Phrase] = []

    def branch(self, letter: _Letter) -> _Node:
        """The node after `letter`."""
        if letter not in self.branches:
            self.branches[letter] = node = _Node()
            for reading in letter:
                self.lead(reading, node)
        return self.branches[letter]

    def lead(self, reading: str, to: _Node) -> None:
        symbol, rest = reading[0], reading[1:]
        after = _Node() if rest else to
        letters = _IN_PLACE_OF.get(symbol, symbol)
        for each in letters + letters.translate(_SIGNS):
            self.step(each, (after,))
        if rest:
            after.lead(rest, to)

    def step(self, symbol: str, to: tuple[_Node, ...]) -> None:
        self.steps[symbol] = tuple(dict.fromkeys(self.steps.get(symbol, ()) + to))


_MOST_JOINED = 1 << 12


class _Tree:
    """Phrases by their letters."""

    def __init__(self, phrases: Iterable[_Phrase]) -> None:
        self._root = _Node()
        self._joined: dict[tuple[_Node, ...], _Node] = {}
        for phrase in phrases:
            node = self._root
            for letter in phrase.letters:
                node = node.branch(letter)
            node.ends.append(phrase)

    def standing(self, read: str, starts: Iterable[int]) -> set[str]:
        """The phrases that stand in what was read, from one of `starts` on."""
        beginnings = self._root.steps
        return {
            phrase.text
            for start in starts
            if read[start] in beginnings
            for end, phrases in self._climb(read, start)
            for phrase in phrases
            if phrase.stands(read, start, end)
        }

    def _climb(self, read: str, start: int) -> Iterator[tuple[int, list[_Phrase]]]:
        node = self._root
        for at in range(start, len(read)):
            nodes = node.steps.get(read[at])
            if nodes is None:
                return
            node = nodes[0] if len(nodes) == 1 else self._one(nodes)
            if node.ends:
                yield at + 1, node.ends

    def _one(self, nodes: tuple[_Node, ...]) -> _Node:
        """What follows any of them, as one node: made when a text gets there, and kept.

        Kept once it is whole: texts are read in the event loop and in the store's thread alike.
        """
        known = self._joined.get(nodes)
        if known is not None:
            return known
        one = _Node()
        for node in nodes:
            one.ends += node.ends
            for symbol, after in node.steps.items():
                one.step(symbol, after)
        if len(self._joined) >= _MOST_JOINED:
            self._joined.clear()
        self._joined[nodes] = one
        return one


@dataclass(frozen=True, slots=True)
class _Wood:
    of_words: _Tree
    of_others: _Tree
    """Those that may stand anywhere."""


def _grown(phrases: tuple[str, ...]) -> _Wood:
    read = [phrase for phrase in map(_phrase, phrases) if phrase]
    return _Wood(
        _Tree(phrase for phrase in read if phrase.begins_word),
        _Tree(phrase for phrase in read if not phrase.begins_word),
    )


_FEW_LETTERS = 1000
# A tree takes about a kilobyte for each letter: of short lists many are kept, of long ones few.
_kept_few, _kept_many = lru_cache(maxsize=128)(_grown), lru_cache(maxsize=16)(_grown)


def _kept(phrases: tuple[str, ...]) -> _Wood:
    return (_kept_few if sum(map(len, phrases)) <= _FEW_LETTERS else _kept_many)(phrases)


def _standing(wood: _Wood, text: str) -> set[str]:
    read = _read(text)
    of_words = wood.of_words.standing(read, (match.start() for match in _BEGINNING.finditer(read)))
    return of_words | wood.of_others.standing(read, range(len(read)))


# ------------------------------------------------------------ what others ask


def blocked_in(text: str, phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Which of `phrases` (words, or several words, as moderators typed them) stand in `text` as whole words.

    In their order, each once. Letters and digits make words. In running text (Han, kana, Thai ...) a phrase may stand
    anywhere, and so may one that has neither, such as an emoji.
    """
    standing = _standing(_kept(phrases), text)
    return tuple(phrase for phrase in dict.fromkeys(phrases) if phrase in standing)


def tidy_phrase(phrase: str) -> str:
    """As it is kept: without what cannot be seen, white space single, its case as it is.

    "" where nothing that could ever be found is left; that is so for dashes, too, which only part words.
    """
    tidy = " ".join(_UNSEEN.sub("", phrase).split())
    return tidy if _phrase(tidy) else ""


def same_phrase(a: str, b: str) -> bool:
    """Whether each finds the other, so that one of them is enough."""
    return a in _standing(_grown((a,)), b) and b in _standing(_grown((b,)), a)
