"""Signed links: parted for the database, and put together again as far as their signatures are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs import Result
from bot.domain.requests import GenerationRequest, Reference
from bot.ports import Account, CarriedReference, Showing, Shown
from bot.store.links import expiry, sealed, sealed_references, signed_request, signed_result, stripped, unsigned_result
from bot.store.store import Store
from tests.support.builders import BEGAN_AT, attachment, queued, read, request
from tests.support.fakes import HandClock, RotSealer
from tests.unit.store.conftest import Look

SEALER = RotSealer()
FILE = attachment(BEGAN_AT + 3600)
MADE = Reference("https://img.test/1.png?sig=1", is_result=True, filename="easel-1-2.png")
TYPED = Reference("https://a.test/show?id=7")
VIDEO = "https://img.test/1.mp4?sig=2"
FULL = GenerationRequest("a cat", references=(FILE, MADE, TYPED), reference_video=VIDEO, reference_video_seconds=5.0)


class Forgetful(RotSealer):
    """Its key is another one now."""

    def open(self, sealed: str, purpose: str) -> str:
        return super().open(sealed, f"another {purpose}")


def test_without_their_signatures_files_results_and_videos_stand_in_clear() -> None:
    bare = stripped(FULL)
    urls = [reference.url for reference in bare.references]
    assert urls == [FILE.url.partition("?")[0], "https://img.test/1.png", TYPED.url]
    assert bare.reference_video == "https://img.test/1.mp4"
    assert stripped(GenerationRequest("a cat")) == GenerationRequest("a cat")


def test_with_them_all_is_as_it_was() -> None:
    kept = sealed_references(SEALER, FULL)
    assert kept is not None
    assert not [secret for secret in ("sig=1", "sig=2", "id=7") if secret in kept]
    assert signed_request(SEALER, stripped(FULL), kept, expiry(FULL)) == FULL


@pytest.mark.parametrize("how", ["swept", "the key is lost"])
def test_without_them_discords_files_read_as_dead_and_the_rest_as_unsigned(how: str) -> None:
    """A result's bare link may still work; with a signature of Discord's it would not."""
    lost = None if how == "swept" else sealed_references(SEALER, FULL)
    found = signed_request(Forgetful(), stripped(FULL), lost, expiry(FULL))
    file, made, typed = found.references
    assert file.expires_at == 0.0
    assert made.url == "https://img.test/1.png"
    assert typed == TYPED
    assert found.reference_video == "https://img.test/1.mp4"


def test_what_has_no_signature_needs_none() -> None:
    plain = GenerationRequest("a cat", references=(attachment(None), TYPED))
    assert sealed_references(SEALER, plain) is None
    assert signed_request(SEALER, stripped(plain), None, expiry(plain)) == plain


def test_the_last_link_to_die_counts() -> None:
    later = attachment(BEGAN_AT + 9000)
    assert expiry(replace(FULL, references=(FILE, later, MADE))) == BEGAN_AT + 9000
    assert expiry(replace(FULL, references=(MADE, TYPED))) is None


def test_results() -> None:
    result = Result((MADE.url, "https://img.test/2.png"), "1:1")
    kept = sealed(SEALER, result.media_urls)
    assert signed_result(SEALER, unsigned_result(result), kept) == result
    assert signed_result(Forgetful(), unsigned_result(result), kept) == unsigned_result(result)
    assert sealed(SEALER, ("https://img.test/2.png",)) is None


# ---------------------------------------------------------------- copies of Discord's


CARRIED = "https://cdn.test/attachments/9/reference-2.png"


def showing(*files: CarriedReference) -> Showing:
    return Showing(1, Shown(50, 99, files), files)


def carried(number: int, at: float = BEGAN_AT + 86_400) -> CarriedReference:
    return CarriedReference(number, f"reference-{number}.png", f"{CARRIED}?ex={int(at):x}&is=0&hm=0")


async def test_a_result_that_the_card_carries_is_a_file_of_discords_from_then_on(
    store: Store, mine: Account, look: Look
) -> None:
    """So that Again, a day later, can ask Discord for a fresh link: the upstream keeps results for a while only."""
    job = await queued(store, mine, request=request(references=(FILE, MADE, TYPED)))
    await store.cards.shown(job.id, showing(carried(1), carried(2)))
    file, made, typed = (await read(store, job.id)).request.references
    assert (file, typed) == (FILE, TYPED)
    assert made == replace(MADE, url=carried(2).url, is_result=False, is_attachment=True)
    (row,) = look("SELECT request, references_expire_at FROM jobs")
    assert "hm=" not in row["request"]
    assert row["references_expire_at"] == BEGAN_AT + 86_400


async def test_its_link_dies_like_that_of_any_file(store: Store, mine: Account, clock: HandClock) -> None:
    job = await queued(store, mine, request=request(references=(MADE,)))
    await store.cards.shown(job.id, showing(carried(1)))
    clock.at += 86_400
    await store.cards.drop_dead_secrets()
    (made,) = (await read(store, job.id)).request.references
    assert made.expires_at == 0.0


async def test_a_result_that_no_card_carries_stays_the_upstreams(store: Store, mine: Account) -> None:
    job = await queued(store, mine, request=request(references=(MADE, FILE)))
    await store.cards.shown(job.id, showing(carried(2)))
    assert (await read(store, job.id)).request.references == (MADE, FILE)
