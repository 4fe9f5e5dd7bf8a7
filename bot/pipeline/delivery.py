"""One delivery: a card brought up to date by the best rung that holds."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.clock import Clock
from bot.domain.jobs import Job, JobState
from bot.domain.views import CardView
from bot.errors import (
    ChannelClosed,
    InteractionLost,
    MediaDown,
    MessageGone,
    PayloadTooLarge,
    ShowRefused,
    TokenDead,
    Unsearchable,
)
from bot.pipeline.exhibits import Exhibits, linked
from bot.pipeline.ladder import NONCE_SECONDS, POSTED_AGAIN, needs_channel, nonce_of, rungs, shown_revision
from bot.ports import Card, CardKind, Cards, Rung, Showing, Shown, Surface
from bot.ui.cards import draw
from bot.ui.messages import END_ACTIONS, Message

log = logging.getLogger(__name__)


class Delivery:
    """Climbs down the ladder. Edits may be repeated; posts are stored as intents first."""

    def __init__(self, cards: Cards, surface: Surface, exhibits: Exhibits, clock: Clock) -> None:
        self._cards = cards
        self._surface = surface
        self._exhibits = exhibits
        self._clock = clock

    async def deliver(self, job: Job, card: Card, *, as_links: bool = False) -> bool:
        """Show the card as it is wanted now; `as_links`: results that cannot be brought here now are linked.

        False: its message was deleted. Raises SurfaceDown and (not with `as_links`) MediaDown: try later. Raises
        StoreDown.
        """
        closed = False
        for rung in rungs(job, card):
            if closed and needs_channel(rung):
                continue
            try:
                shown, view = await self._show_fitting(job, card, rung, as_links=as_links)
            except MessageGone:
                if rung not in POSTED_AGAIN:
                    await self._unwanted(job)
                    return False
            except (TokenDead, InteractionLost):
                await self._cards.drop_token(job.id, card.token_expires_at)
            except ChannelClosed as error:
                log.info("job %d: %s is closed: %s", job.id, rung, error)
                closed = True
                card = await self._post_failed(card, rung)
            except (ShowRefused, Unsearchable) as error:
                log.warning("job %d: %s was refused: %s", job.id, rung, error)
                card = await self._post_failed(card, rung)
            else:
                await self._record(view, shown_revision(card, rung), shown, pinged=rung in POSTED_AGAIN)
                return True
        await self._give_up(job, card.wanted, as_links=as_links)
        return True

    async def _show_fitting(self, job: Job, card: Card, rung: Rung, *, as_links: bool) -> tuple[Shown, CardView]:
        view = await self._view(job, card, rung, as_links=as_links)
        try:
            return await self._show(job, card, rung, draw(view)), view
        except PayloadTooLarge as error:
            log.info("job %d: too large to attach, linked instead: %s", job.id, error)
            view = linked(view, is_too_large=True)
        except MediaDown as error:
            if not as_links:
                raise
            log.warning("job %d: linked instead: %s", job.id, error)
            view = linked(view)
        try:
            return await self._show(job, card, rung, draw(view)), view
        except PayloadTooLarge as still:
            raise ShowRefused(still.code, still.detail) from still

    async def _view(self, job: Job, card: Card, rung: Rung, *, as_links: bool) -> CardView:
        # A new message cannot name the files that an earlier one carries.
        source = replace(card, references=()) if rung in POSTED_AGAIN else card
        view = await self._exhibits.view(job, source, as_links=as_links)
        return replace(view, mentions_member=rung is Rung.CHANNEL_POST)

    async def _show(self, job: Job, card: Card, rung: Rung, message: Message) -> Shown:
        match rung:
            case Rung.TOKEN_EDIT:
                if card.token is None:
                    raise TokenDead
                return await self._surface.edit_by_token(card.token, message)
            case Rung.MESSAGE_EDIT:
                if card.message_id is None:
                    raise MessageGone
                return await self._surface.edit_by_ids(card.channel_id, card.message_id, message)
            case Rung.CHANNEL_POST | Rung.DIRECT_MESSAGE:
                return await self._post(job, card, rung, message)

    async def _post(self, job: Job, card: Card, rung: Rung, message: Message) -> Shown:
        began_at = card.posting_since if card.posting_rung is rung else None
        if began_at is not None and not 0 <= self._clock.now() - began_at <= NONCE_SECONDS:
            found = await self._find_post(job, card, rung, began_at)
            if found is not None:
                return found
            began_at = None
        if began_at is None and await self._is_shown_already(job, card):
            assert card.message_id is not None
            return Shown(card.channel_id, card.message_id)
        nonce = nonce_of(card)
        if began_at is None:
            await self._cards.intend_post(job.id, rung, nonce)
        if rung is Rung.CHANNEL_POST:
            return await self._surface.post(card.channel_id, message, nonce)
        return await self._surface.post_directly(job.user_id, message, nonce)

    async def _is_shown_already(self, job: Job, card: Card) -> bool:
        """Whether an edit that was cut off before it was recorded had brought the end to the card all the same."""
        if card.kind is not CardKind.CHANNEL or card.message_id is None or card.delivered_at is not None:
            return False
        try:
            standing = await self._surface.find_message(card.channel_id, card.message_id)
        except (ChannelClosed, ShowRefused):
            return False
        if standing is None or END_ACTIONS.isdisjoint(standing.actions):
            return False
        # A success that was late: what stands may be the word that it was not ready in time.
        has_result = any(not file.filename.startswith("reference-") for file in standing.attachments)
        return has_result or job.state is not JobState.SUCCEEDED

    async def _find_post(self, job: Job, card: Card, rung: Rung, since: float) -> Shown | None:
        if rung is Rung.CHANNEL_POST:
            return await self._surface.find_post(card.channel_id, job.id, since, besides=card.message_id)
        return await self._surface.find_direct_post(job.user_id, job.id, since)

    async def _post_failed(self, card: Card, rung: Rung) -> Card:
        """Discord said no: there is no message, and no intent any more."""
        if rung not in POSTED_AGAIN:
            return card
        await self._cards.forget_post(card.job_id)
        return replace(card, posting_rung=None, posting_nonce=None, posting_since=None)

    async def _record(self, view: CardView, revision: int, shown: Shown, *, pinged: bool) -> None:
        carried = tuple(file for file in shown.attachments if file.filename.startswith("reference-"))
        await self._cards.shown(view.job.id, Showing(revision, shown, carried, pinged, view.redraw_at))

    async def _unwanted(self, job: Job) -> None:
        log.info("job %d: its message was deleted, nothing more is shown", job.id)
        await self._cards.unwanted(job.id)

    async def _give_up(self, job: Job, revision: int, *, as_links: bool) -> None:
        if job.is_final:
            await self._exhibits.keep(job, as_links=as_links)
            log.warning("job %d: there is no way to show its end; it is kept", job.id)
            await self._cards.undeliverable(job.id)
        else:
            await self._cards.skip(job.id, revision)
