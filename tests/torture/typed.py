"""What members type, choose and upload: mostly what is good, now and then what is not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simcord.enums import ComponentType, OptionType

from bot.domain.pings import Notify
from sandbox.discord import File
from sandbox.discord.forms import Field, Form
from sandbox.meigen.catalogue import BY_ID
from tests.e2e.harness import png

FILES = (
    File("reference.png", png()),
    File("wide.png", png("orange", 300)),
    File("large.png", png("navy", 600)),
    File("empty.png", b""),
    File("moving.gif", b"GIF89a" + b"\0" * 60),
    File("notes.txt", b"a lighthouse, in the words of a file"),
)
FLAGS = (
    "--ar 16:9",
    "--ar 1:1",
    "—stylize 250",
    "--chaos 9",
    "--raw",
    "--weird 20",
    "--iw 2",
    "--quality high",
    "--s 50",
)
MISTAKES = ("--chaos 900", "--zoom 2", "--ar", "--stylize much", "--sref no")
GALLERY = ("3100000000000000001", "3100000000000000005", "3100000000000000009", "3100000000000000999", "a", "night")
IMAGE_MODELS = tuple(model.id for model in BY_ID.values() if model.media_type == "image")
VIDEO_MODELS = tuple(model.id for model in BY_ID.values() if model.media_type == "video")
GRID = "midjourney-v8.1"
REFERRING, PRIVATE, UNCHANGED = 0.2, 0.15, 0.3
"""Shares: of requests with a reference, of private ones, of forms that are sent as they opened."""


class Typist:
    """One member's; no two of its prompts are the same."""

    def __init__(self, name: str, dice: random.Random) -> None:
        self._name = name
        self._dice = dice
        self._serial = 0
        self._commands: Mapping[str, Callable[[], dict[str, Any]]] = {
            "imagine": self._imagine,
            "video": self._video,
            "history": self._history,
            "models": self._models,
            "preferences": self._preferences,
            "inspire": self._inspire,
        }

    def options(self, command: Mapping[str, Any]) -> dict[str, Any] | None:
        """Of a command as Discord has it; None where it asks for what is not known here."""
        make = self._commands.get(command["name"])
        if make is not None:
            return {name: value for name, value in make().items() if value is not None}
        return None if any(option.get("required") for option in command.get("options", ())) else {}

    def beginning(self, option: Mapping[str, Any]) -> str:
        """Of an option that is completed."""
        return "" if option["type"] == OptionType.INTEGER else self._dice.choice(("", "m", "16", "veo", "nothing"))

    def changes(self, form: Form) -> dict[str, Any]:
        """To some of the fields, or to none."""
        if self._dice.random() < UNCHANGED:
            return {}
        values = {control.custom_id: self._value(control) for control in form.fields if self._dice.random() < 0.5}
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, control: Field) -> Any:
        match control.kind:
            case ComponentType.TEXT_INPUT if control.custom_id == "options":
                return " ".join((*self._dice.sample(FLAGS, 2), *self._mistake(0.3)))
            case ComponentType.TEXT_INPUT:
                return f"{self._fox()}, mixed"
            case ComponentType.STRING_SELECT:
                return self._dice.choice([choice.value for choice in control.choices])
            case ComponentType.FILE_UPLOAD:
                return [self._dice.choice(FILES)]
        return None

    # ------------------------------------------------------------ of commands

    def _imagine(self) -> dict[str, Any]:
        flags = self._dice.sample(FLAGS, self._dice.choice((0, 0, 1, 2)))
        prompt = " ".join((self._fox(), *flags, *self._mistake(0.05)))
        return {"prompt": prompt, "model": self._dice.choice((None, GRID, GRID, *IMAGE_MODELS)), **self._extras()}

    def _video(self) -> dict[str, Any]:
        return {
            "prompt": f"{self._fox()} runs",
            "model": self._dice.choice((None, *VIDEO_MODELS)),
            "duration": self._dice.choice((None, None, 4, 4, 8, 15)),
            "tier": self._dice.choice((None, None, None, "fast", "pro")),
            "resolution": self._dice.choice((None, None, None, "480p", "720p", "1080p")),
            "aspect_ratio": self._dice.choice((None, None, None, "16:9", "adaptive")),
            **self._extras(),
        }

    def _extras(self) -> dict[str, Any]:
        given = self._dice.random() < REFERRING
        return {
            "reference": self._dice.choice(FILES) if given else None,
            "reference_2": self._dice.choice(FILES) if given and self._dice.random() < 0.3 else None,
            "private": True if self._dice.random() < PRIVATE else None,
        }

    def _history(self) -> dict[str, Any]:
        return {"medium": self._dice.choice((None, "image", "video")), "model": self._dice.choice((None, GRID))}

    def _models(self) -> dict[str, Any]:
        return {"medium": self._dice.choice((None, "image", "video"))}

    def _inspire(self) -> dict[str, Any]:
        return {"what": self._dice.choice(GALLERY)}

    def _preferences(self) -> dict[str, Any]:
        return {
            "notify": self._dice.choice((None, *(each.value for each in Notify))),
            "model": self._dice.choice((None, GRID, "no-such-model")),
            "aspect_ratio": self._dice.choice((None, "16:9", "square")),
            "private": self._dice.choice((None, False, False, True)),
        }

    def _fox(self) -> str:
        self._serial += 1
        return f"fox {self._serial} of {self._name}"

    def _mistake(self, share: float) -> Iterator[str]:
        if self._dice.random() < share:
            yield self._dice.choice(MISTAKES)
