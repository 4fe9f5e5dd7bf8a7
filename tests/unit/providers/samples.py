"""Answers as the documents print them, and short ways to make others."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import strategies as st

from bot.net import Answer, Head

NOW = 1_780_000_000.0
KEY = "meigen_sk_abcdefghijklmnopqrstuvwxyz012345"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["4", "5s", "fast"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["fast", "480p", "4", "5s", "message", "id"]) | st.text(max_size=4), inner, max_size=4
        )
    ),
    max_leaves=8,
)

CREATED = {
    "success": True,
    "generationId": "550e8400-e29b-41d4-a716-446655440000",
    "status": "processing",
    "creditsUsed": 5,
    "modelId": "gemini-3-pro-image-preview",
    "credits": {"daily": 10, "purchased": 50, "unlimited": False},
}
RATIO_REFUSED = {
    "success": False,
    "error": "Aspect ratio 32:9 not supported by this model",
    "supportedRatios": ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "5:4", "4:5", "21:9", "9:21"],
}
NO_CREDITS = {"success": False, "error": "Insufficient credits", "required": 10, "available": 4}

MARCH_PROCESSING = {
    "jobId": "550e8400-e29b-41d4-a716-446655440000",
    "status": "processing",
    "imageUrl": None,
    "videoUrl": None,
    "mediaType": "image",
    "r2Key": None,
    "error": None,
}
MARCH_COMPLETED = {
    **MARCH_PROCESSING,
    "status": "completed",
    "imageUrl": "https://images.meigen.art/generations/xxx.png",
    "r2Key": "generations/xxx.png",
}
MARCH_FAILED = {**MARCH_PROCESSING, "status": "failed", "error": "Content policy violation"}

APRIL_PROCESSING = {
    "jobId": "550e8400-e29b-41d4-a716-446655440000",
    "status": "processing",
    "imageUrl": None,
    "imageUrls": None,
    "videoUrl": None,
    "mediaType": "image",
    "error": None,
    "aspectRatio": "16:9",
}

GALLERY = {
    "success": True,
    "data": {
        "id": "2009629483448627597",
        "text": "A serene Japanese garden with cherry blossoms",
        "media_urls": ["https://images.meigen.ai/tweets/2009629483448627597/0.jpg"],
        "thumbnail_url": "https://images.meigen.ai/tweets/2009629483448627597/0.jpg",
        "image_width": 1650,
        "image_height": 2048,
        "model": "midjourney",
        "created_at": "2026-01-09T14:13:00+00:00",
        "likes": 113,
        "views": 9266,
        "retweets": 8,
        "author_username": "creator",
        "author_display_name": "Creator Name",
        "author_avatar_url": "https://pbs.twimg.com/profile_images/.../normal.jpg",
    },
}

GPT_IMAGE = {
    "id": "gpt-image-2",
    "name": "GPT Image 2.0",
    "provider": "OpenAI",
    "credits_per_generation": 10,
    "supported_ratios": ["1:1", "3:2", "2:3"],
    "max_reference_images": 5,
    "media_type": "image",
    "extra_config": {"resolutions": ["2K"]},
}
SEEDANCE = {
    "id": "seedance-2-0",
    "name": "Seedance 2.0",
    "provider": "ByteDance",
    "credits_per_generation": 60,
    "supported_ratios": ["adaptive", "16:9", "4:3", "1:1", "3:4", "9:16", "21:9"],
    "max_reference_images": 5,
    "media_type": "video",
    "extra_config": {
        "resolutions": ["480p", "720p"],
        "durations": [4, 5, 6],
        "pricingPerSec": {"480p": 13, "720p": 20},
        "pricingPerSecWithVideo": {"480p": 8, "720p": 14},
        "minBillableTable": {"4": 7, "5": 9, "6": 10},
    },
}


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """`body` as it is where it is bytes, else as JSON; header names in lower case."""
    return Answer(Head(status, headers or {}), body if isinstance(body, bytes) else json.dumps(body).encode())
