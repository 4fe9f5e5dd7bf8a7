"""Options typed into a prompt, the way that Midjourney's users know: `a cat --ar 16:9 --stylize 300`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bot.domain.midjourney import REFERENCE_KINDS
from bot.domain.problems import Problem, ProblemCode
from bot.domain.prompts import split_links
from bot.domain.requests import (
    FLAG_NAMES,
    OPTION_NAMES,
    GenerationRequest,
    MidjourneyOptions,
    OptionValue,
    Reference,
    flag,
    written,
)

COMMON = ("aspect_ratio", "quality", "reference_type")
"""Fields of a request that flags choose; the others are those of MidjourneyOptions."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A prompt taken apart. `words` are the text as it was where there are no flags."""

    words: str
    flags: Mapping[str, OptionValue] = field(default_factory=dict)
    """By the field that they choose, of GenerationRequest or MidjourneyOptions."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """A request as it was typed, and what is wrong with the typing; `check` looks at the rest."""

    request: GenerationRequest
    problems: tuple[Problem, ...] = ()


def typed_request(text: str, options: GenerationRequest) -> Typed:
    """The request that `text` (links to go by, words, flags) and what was chosen beside it make.

    The words become the prompt, the links come after the references of `options`. What is chosen twice, and
    differently, is a problem.
    """
    links, rest = split_links(text)
    parsed = parse_flags(rest)
    request = replace(
        options, prompt=parsed.words, references=(*options.references, *(Reference(link) for link in links))
    )
    request, problems = with_flags(request, parsed.flags)
    return Typed(request, (*parsed.problems, *problems))


# ------------------------------------------------------------ from text


def parse_flags(text: str) -> Parsed:
    """The words of a prompt, and the flags between and after them.

    A flag is two dashes (or the long one that phones make of them) before a Latin letter, at the beginning of a word.
    What stands in quotes is words, and so is a long dash before a word that is no flag's name.
    """
    taken = _Taken()
    words: list[str] = []
    position = 0
    for found in _found(text):
        words.append(text[position : found.start].rstrip())
        position = found.end
        taken.take(found)
    if not position:
        return Parsed(text)
    return Parsed("".join([*words, text[position:]]).strip(), taken.chosen, tuple(taken.problems))


@dataclass(frozen=True, slots=True)
class _Flag:
    chooses: str
    """A field of GenerationRequest or MidjourneyOptions."""
    read: Callable[[str], OptionValue | None]
    """None: not a value of this flag."""
    allowed: tuple[str, ...] = ()
    """Its values where they can be counted."""
    alone: OptionValue | None = None
    """What it says without a value; None: it needs one."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One flag in a text."""

    start: int
    end: int
    name: str
    kind: _Flag | None
    """None: not known."""
    given: str | None = None
    """Its value as it was typed."""


def _number(text: str) -> float | None:
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", text, re.IGNORECASE | re.ASCII):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _text(text: str) -> str | None:
    return text or None


def _switch(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.casefold())


def _raw_style(text: str) -> bool | None:
    return True if text.casefold() == "raw" else None


def _reference_kind(text: str) -> str | None:
    return text.casefold() if text.casefold() in REFERENCE_KINDS else None


_RATIO, _QUALITY = _Flag("aspect_ratio", _text), _Flag("quality", _text)
_STYLIZE, _CHAOS, _WEIRD = (_Flag(name, _number) for name in ("stylize", "chaos", "weird"))
_FLAGS: Mapping[str, _Flag] = MappingProxyType(
    {
        **dict.fromkeys(("ar", "aspect", "aspectratio"), _RATIO),
        **dict.fromkeys(("q", "quality"), _QUALITY),
        **dict.fromkeys(("s", "stylize", "stylise"), _STYLIZE),
        **dict.fromkeys(("c", "chaos"), _CHAOS),
        **dict.fromkeys(("w", "weird"), _WEIRD),
        **{name: _Flag(name, _number) for name in ("iw", "sw", "sv")},
        "sref": _Flag("sref", _text),
        "raw": _Flag("raw", _switch, ("true", "false"), alone=True),
        "style": _Flag("raw", _raw_style, ("raw",)),
        "ref": _Flag("reference_type", _reference_kind, REFERENCE_KINDS),
    }
)
# Flags of Midjourney's own bot. After a long dash only these and ours are taken for flags: a dash of prose stands
# before any other word.
_ELSEWHERE = re.compile(
    "bs|[cd]ref|[cdo]w|draft|exp|fast|hd|loop|motion|niji|no|oref|p|personalize|profile|r|relax|repeat|sameseed"
    "|seed|stealth|public|stop|tile|turbo|v|version|video"
)

# A flag whose value was typed without a space: no word of prose looks like that.
_GLUED = re.compile(rf"(?:{'|'.join(name for name in _FLAGS if len(name) > 1)})[0-9].*")

_LONG = "\u2014\u2013"
_DASHES = rf"(?:--|-?[{_LONG}]{{1,2}}-?)"
# JSON prompts escape quotes with a backslash. A single quote closes where no letter follows, or it is an apostrophe.
_QUOTED = (
    r'"(?:\\.|[^"\\])*"|`[^`]*`'
    r"|'[^'\n]+'(?!\w)"
    "|\u2018[^\u2018\u2019\n]+\u2019(?!\\w)"
    "|\u201c[^\u201c\u201d]*\u201d|\u201e[^\u201e\u201c\u201d]*[\u201c\u201d]|\u00ab[^\u00ab\u00bb]*\u00bb"
)
_NEXT = re.compile(rf"(?<![\w\\])(?:{_QUOTED})|(?<!\S)(?P<dashes>{_DASHES})(?P<name>[A-Za-z][^\s=]*)", re.DOTALL)
_VALUE = re.compile(rf'(?:=|\s+(?!{_DASHES}[A-Za-z]))(?:"(?P<quoted>[^"]*)"|<(?P<link>[^<>\s]+)>|(?P<bare>\S+))')
_MORE_STYLES = re.compile(r"\s+(?:<(https?://[^\s<>]+)>|(https?://\S+|[0-9]+))(?!\S)", re.IGNORECASE)


def _found(text: str) -> Iterator[_Found]:
    position = 0
    while match := _NEXT.search(text, position):
        position = match.end()
        if match["name"] is not None and (found := _flag_at(text, match)) is not None:
            position = found.end
            yield found


def _flag_at(text: str, match: re.Match[str]) -> _Found | None:
    """The flag that begins there; None: a dash of prose."""
    name = match["name"].rstrip(",;.").casefold()
    kind = _FLAGS.get(name)
    value = _VALUE.match(text, match.end())
    if kind is None:
        is_meant = match["dashes"] == "--" or _ELSEWHERE.fullmatch(name) or _GLUED.fullmatch(name)
        is_prose = not is_meant and not _reads_as_value(value)
        return None if is_prose else _Found(match.start(), match.end(), name, None)
    if value is None or _is_alone(kind, value):
        return _Found(match.start(), match.end(), name, kind)
    end, given = value.end(), _value_of(value)
    while kind.chooses == "sref" and (more := _MORE_STYLES.match(text, end)):
        # Midjourney takes several styles, one after the other.
        end, given = more.end(), f"{given} {more[1] or more[2]}"
    return _Found(match.start(), end, name, kind, given)


def _is_alone(kind: _Flag, value: re.Match[str]) -> bool:
    """Whether what follows are words again: `--raw a cat`."""
    return kind.alone is not None and value[0][0] != "=" and kind.read(_value_of(value)) is None


def _value_of(match: re.Match[str]) -> str:
    if match["bare"] is None:
        return (match["quoted"] or match["link"] or "").strip()
    return match["bare"].rstrip(",;")


def _reads_as_value(match: re.Match[str] | None) -> bool:
    return match is not None and re.match(r"[+-]?\.?\d|https?://", _value_of(match)) is not None


@dataclass(slots=True)
class _Taken:
    """The flags of a text as they are read."""

    chosen: dict[str, OptionValue] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def take(self, found: _Found) -> None:
        if found.kind is None:
            self.problems.append(Problem(ProblemCode.FLAG_UNKNOWN, f"--{found.name}", FLAG_NAMES))
            return
        value = found.kind.alone if found.given is None else found.kind.read(found.given)
        if value is None:
            given = f"--{found.name} {found.given or ''}".rstrip()
            self.problems.append(Problem(ProblemCode.FLAG_VALUE, given, found.kind.allowed))
            return
        name = found.kind.chooses
        self.problems += _twice(name, self.chosen.setdefault(name, value), value)


# ------------------------------------------------------------ beside other options


def with_flags(
    request: GenerationRequest, flags: Mapping[str, OptionValue]
) -> tuple[GenerationRequest, tuple[Problem, ...]]:
    """The request with what the flags chose. Where it chose otherwise itself, that is a problem and it stays."""
    own = chosen(request)
    problems = (problem for name, value in flags.items() for problem in _twice(name, own.get(name, value), value))
    return _choosing(request, {**flags, **own}), tuple(problems)


def without_flags(request: GenerationRequest) -> GenerationRequest:
    """The request without all that flags can say: what stays beside the text of a form."""
    return _choosing(request, {})


def chosen(request: GenerationRequest) -> dict[str, OptionValue]:
    """All that flags can say of a request, by field."""
    options = request.midjourney or MidjourneyOptions()
    found = {
        **{name: getattr(request, name) for name in COMMON},
        **{name: getattr(options, name) for name in OPTION_NAMES},
    }
    return {name: value for name, value in found.items() if value is not None}


def _choosing(request: GenerationRequest, choices: Mapping[str, Any]) -> GenerationRequest:
    common: dict[str, Any] = {name: choices.get(name) for name in COMMON}
    options = {name: value for name, value in choices.items() if name not in common}
    return replace(request, **common, midjourney=MidjourneyOptions(**options) if options else None)


def _twice(name: str, one: OptionValue, other: OptionValue) -> Iterator[Problem]:
    if one != other:
        yield Problem(ProblemCode.OPTION_TWICE, flag(name), (written(one), written(other)))


# ------------------------------------------------------------ to text


def flags_of(request: GenerationRequest) -> str:
    """The flags that say what was chosen, as `parse_flags` reads them: `--ar 16:9 --stylize 300`; "" for none."""
    return " ".join(
        flag(name) if value is True else f"{flag(name)} {_quoted(written(value))}"
        for name, value in chosen(request).items()
    )


def _quoted(text: str) -> str:
    """In quotes where it would be read otherwise without."""
    is_plain = re.fullmatch(r'[^\s"<=,;\u2013\u2014-]([^\s"]*[^\s",;])?', text) is not None
    return text if is_plain else '"' + text.replace('"', "") + '"'
