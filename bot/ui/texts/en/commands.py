"""What commands and their options are for; Discord shows at most 100 characters."""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "imagine": "Make a picture",
    "imagine.prompt": "What the picture shows. Links to pictures at the start count as references",
    "imagine.model": "Which model draws it",
    "imagine.aspect_ratio": "Shape of the picture, width to height",
    "imagine.resolution": "How large the picture is",
    "imagine.quality": "How much care the model takes",
    "imagine.reference": "A picture to go by",
    "imagine.reference_n": "Another picture to go by",
    "imagine.private": "Only you see it",
    "models": "What can be made, and what it costs",
    "models.medium": "Only pictures, or only videos",
    "credits": "How many credits are left, and what was used today",
}
