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
    "video": "Make a video",
    "video.prompt": "What happens in the video. Links to pictures at the start count as references",
    "video.model": "Which model makes it",
    "video.duration": "How many seconds it lasts",
    "video.tier": "How much care the model takes",
    "video.resolution": "How large the video is",
    "video.aspect_ratio": "Shape of the video, width to height",
    "video.reference": "A picture to go by; where the model takes two, the first frame",
    "video.reference_2": "Another picture to go by; where the model takes two, the last frame",
    "models": "What can be made, and what it costs",
    "models.medium": "Only pictures, or only videos",
    "credits": "How many credits are left, and what was used today",
}
