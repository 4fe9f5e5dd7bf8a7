"""The mutants as data, and the rows of ARCHITECTURE.md that they stand for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAULTS = ROOT / "ARCHITECTURE.md"

_ROW = re.compile(r"^\| (?P<fault>[^|]+) \| (?P<end>[^|]+) \| (?P<tests>[^|]*::[^|]*) \|$", re.MULTILINE)
_TEST = re.compile(r"`([^`]+::[^`]+)`")


class Stale(Exception):
    """The text to replace does not stand exactly once in its file."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One handling taken out: `old`, which stands once in `file`, becomes `new`, and each of `tests` must fail."""

    name: str
    fault: str
    """The row of ARCHITECTURE.md, by its first cell."""
    file: str
    """From the root of the repository."""
    old: str
    new: str
    tests: tuple[str, ...]
    """As pytest names them; without brackets every case of a test is run, and one has to fail."""

    def applied(self, text: str) -> str:
        """The file's text with the handling taken out. Raises Stale."""
        found = text.count(self.old)
        if found != 1:
            raise Stale(f"{self.name}: its text stands {found} times in {self.file}")
        return text.replace(self.old, self.new)


def read_catalogue(folder: Path = Path(__file__).parent) -> Sequence[Mutant]:
    """All mutants of the `*.toml` of a folder: a table for each, `[<row>.<name>]`."""
    files = (tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml")))
    return [
        Mutant(name, fault, mutant["file"], mutant["old"], mutant["new"], tuple(mutant["tests"]))
        for file in files
        for fault, mutants in file.items()
        for name, mutant in mutants.items()
    ]


def read_rows(text: str) -> Mapping[str, Sequence[str]]:
    """Of the text of ARCHITECTURE.md: each fault with its tests."""
    return {row["fault"].strip(): _TEST.findall(row["tests"]) for row in _ROW.finditer(text)}
