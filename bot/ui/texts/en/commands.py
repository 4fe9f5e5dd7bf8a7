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
    "inspire": "Pictures and prompts from the gallery, to begin with",
    "inspire.what": "Words to look for, or the id or link of a picture",
    "models": "What can be made, and what it costs",
    "models.medium": "Only pictures, or only videos",
    "credits": "How many credits are left, and what was used today",
    "history": "What you have asked for, and what came of it",
    "history.model": "Only what this model made",
    "history.medium": "Only pictures, or only videos",
    "queue": "What of yours is under way, and how long it will take",
    "preferences": "What you usually want; without options: what you have chosen so far",
    "preferences.notify": "Whether you are pinged when something is done",
    "preferences.model": "The model for your pictures",
    "preferences.video_model": "The model for your videos",
    "preferences.aspect_ratio": "The shape of what you make, width to height",
    "preferences.private": "Whether only you see what you make",
    "forget": "Forget your prompts, references and results",
    "help": "What Easel can do, in short",
}
