"""What the middle of the house needs from its edges. Adapters implement these; the pipeline sees nothing else."""

from __future__ import annotations

from bot.clock import Clock
from bot.domain.gallery import GalleryItem
from bot.ports.cards import Card, CardKind, CardState, CarriedReference, Rung, Shown, Surface
from bot.ports.drafts import Drafts, NewDraft
from bot.ports.gallery import Gallery
from bot.ports.history import Forgetting, History, ToForget
from bot.ports.media import Media, MediaFile, TextFiles
from bot.ports.members import Members
from bot.ports.stores import (
    Accounts,
    Asking,
    Cards,
    Claim,
    DocumentStore,
    Door,
    Durations,
    Idle,
    Late,
    NewJob,
    PingDue,
    Press,
    Sealer,
    Showing,
    Stale,
    Submissions,
    Wait,
    Watching,
)
from bot.ports.upstream import Accepted, Account, Balance, Generation, GenerationState, Provider, RateHeaders

__all__ = [
    "Accepted",
    "Account",
    "Accounts",
    "Asking",
    "Balance",
    "Card",
    "CardKind",
    "CardState",
    "Cards",
    "CarriedReference",
    "Claim",
    "Clock",
    "DocumentStore",
    "Door",
    "Drafts",
    "Durations",
    "Forgetting",
    "Gallery",
    "GalleryItem",
    "Generation",
    "GenerationState",
    "History",
    "Idle",
    "Late",
    "Media",
    "MediaFile",
    "Members",
    "NewDraft",
    "NewJob",
    "PingDue",
    "Press",
    "Provider",
    "RateHeaders",
    "Rung",
    "Sealer",
    "Showing",
    "Shown",
    "Stale",
    "Submissions",
    "Surface",
    "TextFiles",
    "ToForget",
    "Wait",
    "Watching",
]
