"""The delivery ladder: by which ways a card can be shown, best first. Pure."""

from __future__ import annotations

from bot.domain.jobs import Job
from bot.ports import Card, CardKind, Rung

POSTED_AGAIN = frozenset({Rung.CHANNEL_POST, Rung.DIRECT_MESSAGE})
"""Rungs that make a new message: an intent is stored first, so that a crash cannot make two."""

NONCE_SECONDS = 120.0
"""For so long the same nonce certainly brings the same message back (Discord, Create Message, `enforce_nonce`)."""


def rungs(job: Job, card: Card) -> tuple[Rung, ...]:
    """Every way in which this card could be shown now.

    Editing needs a living token, or a message that can be reached by its ids. Only an end is worth a new message,
    and not one that is to be forgotten.
    A post that was begun comes first: it may have happened.
    """
    ways: list[Rung] = []
    if card.token is not None:
        ways.append(Rung.TOKEN_EDIT)
    if card.kind is CardKind.CHANNEL and card.message_id is not None:
        ways.append(Rung.MESSAGE_EDIT)
    if job.is_final and card.message_id is not None and job.forget_asked_at is None:
        # Where no card ever stood, nobody waits for its end.
        if card.kind is CardKind.CHANNEL and job.guild_id is not None:
            ways.append(Rung.CHANNEL_POST)
        ways.append(Rung.DIRECT_MESSAGE)
    if card.posting_rung is not None:
        ways = [card.posting_rung, *(way for way in ways if way in POSTED_AGAIN and way is not card.posting_rung)]
    return tuple(ways)


def needs_channel(rung: Rung) -> bool:
    """Whether a channel out of reach closes this rung, too."""
    return rung in (Rung.MESSAGE_EDIT, Rung.CHANNEL_POST)


def nonce_of(card: Card) -> str:
    """The nonce of a card's next post: the stored one, or one of this revision (25 characters at most)."""
    return card.posting_nonce or f"{card.job_id}-{card.wanted}"


def shown_revision(card: Card, rung: Rung) -> int:
    """What a message shows that this rung brought: of a post that was begun earlier, what was wanted then.

    It may be that very message which came back, and not the one that was just drawn.
    """
    if rung in POSTED_AGAIN and card.posting_rung is rung and card.posting_nonce is not None:
        return int(card.posting_nonce.rpartition("-")[2])
    return card.wanted
