from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model
from bot.domain.gate import PauseReason
from bot.domain.jobs import Failure, FailureCode, JobState, Result
from bot.domain.progress import Pace
from bot.domain.requests import GenerationRequest
from bot.domain.views import Ancestor, CardView, ShownMedia, ShownReference, Waiting
from bot.ui.cards import draw
from bot.ui.messages import Accent, Button, Kept, Message, Picture, Upload
from tests.unit.ui.make import NOW, job, labels, text_of, view

FLUX = Model("meigen", "flux2-klein", "Flux 2 Klein", "BFL", Medium.IMAGE)
FILE = Path("/data/made.png")
LONG_LINK = "https://files.example/" + "x" * 1500


def done(*media: ShownMedia, **changes: Any) -> CardView:
    return view(job(JobState.SUCCEEDED, charged_credits=15, **changes), FLUX, media=media)


def failed(failure: Failure | None, **changes: Any) -> str:
    return text_of(draw(view(job(JobState.FAILED, failure=failure, **changes))))


# ---------------------------------------------------------------- any card


ancestors = st.builds(
    Ancestor, st.integers(1, 9), st.none() | st.just(f"https://discord.com/channels/{'9' * 60}"), st.booleans()
)


@st.composite
def views(draw_one: st.DrawFn) -> CardView:
    words = st.text(max_size=7000) | st.sampled_from(
        ["*" * 6000, "\n" * 6000, '{"a": "@everyone"}', "@everyone " * 600]
    )
    media = st.builds(
        ShownMedia,
        st.sampled_from(["https://x.y/a.png", LONG_LINK]),
        st.sampled_from([FILE, None]),
        st.sampled_from(["image/png", "video/mp4", "text/x y", ""]),
        is_too_large=st.booleans(),
        is_gone=st.booleans(),
    )
    references = st.builds(
        ShownReference,
        st.sampled_from(["reference-1.png", "b.JPEG x", "x/ü", ""]),
        st.sampled_from(["https://x.y/a.png", "http://no", LONG_LINK * 2]),
        st.sampled_from([FILE, None]),
        st.sampled_from([5, None]),
    )
    failure = st.builds(Failure, st.sampled_from(FailureCode), words, supported_ratios=st.just(("1:1",) * 300))
    made = job(
        draw_one(st.sampled_from(JobState)),
        draw_one(words),
        failure=draw_one(st.none() | failure),
        cancel_asked_at=draw_one(st.sampled_from([None, None, NOW])),
        is_private=draw_one(st.booleans()),
        model_id=draw_one(st.none() | words),
        charged_credits=draw_one(st.sampled_from([None, 0, 15])),
        progress_percent=draw_one(st.sampled_from([None, 40])),
    )
    request = replace(
        made.request,
        medium=draw_one(st.sampled_from(Medium)),
        aspect_ratio=draw_one(words),
        resolution=draw_one(words),
        reference_video=draw_one(st.sampled_from([None, "https://v.test/1.mp4"])),
    )
    waiting = st.builds(
        Waiting,
        st.integers(1, 10**6),
        st.none() | st.floats(0, 10**6),
        st.none() | st.sampled_from(PauseReason),
        st.none() | st.just(NOW),
    )
    return view(
        replace(made, request=request),
        None,
        waiting=draw_one(st.none() | waiting),
        pace=draw_one(st.none() | st.builds(Pace, st.floats(0, 10**5), st.floats(0, 10**5))),
        balance_credits=draw_one(st.none() | st.integers(0, 10**6)),
        ancestors=tuple(draw_one(st.lists(ancestors, max_size=40))),
        media=tuple(draw_one(st.lists(media, max_size=12))),
        references=tuple(draw_one(st.lists(references, max_size=7))),
        mentions_member=draw_one(st.booleans()),
    )


@given(views())
def test_any_card_is_within_discords_limits_and_pings_nobody_else(any_view: CardView) -> None:
    message = draw(any_view)
    shown = [*message.texts, *(f"-# {picture.description}" for picture in message.references)]
    assert all(text.strip() for text in shown)
    assert sum(map(len, shown)) <= 4000
    assert len(message.attachments) <= 10
    assert len(message.gallery) <= 10
    assert all(len(picture.description) <= 1024 for picture in (*message.gallery, *message.references))
    pings = re.findall(r"@(?:everyone|here|[!&]?\d+)", text_of(message))
    assert pings == ([] if message.mention_user_id is None else ["@7"])


@given(views())
def test_whatever_is_shown_by_name_is_attached(any_view: CardView) -> None:
    message = draw(any_view)
    names = {item.filename for item in message.attachments}
    shown = [
        p.url.removeprefix("attachment://") for p in (*message.gallery, *message.references) if "://x" not in p.url
    ]
    assert {name for name in shown if not name.startswith("https://")} <= names
    uploads = [item.filename for item in message.attachments if isinstance(item, Upload)]
    assert len(set(uploads)) == len(uploads)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", name) for name in uploads)


@pytest.mark.parametrize(
    ("state", "accent", "buttons"),
    [
        (JobState.OFFERED, Accent.WAITING, ["Cancel"]),
        (JobState.QUEUED, Accent.WAITING, ["Cancel"]),
        (JobState.SUBMITTING, Accent.WORKING, ["Cancel"]),
        (JobState.RUNNING, Accent.WORKING, ["Cancel"]),
        (JobState.SUCCEEDED, Accent.DONE, ["Again", "Remix", "Delete"]),
        (JobState.FAILED, Accent.FAILED, ["Again", "Remix", "Delete"]),
        (JobState.CANCELLED, Accent.STOPPED, ["Again", "Remix", "Delete"]),
        (JobState.TIMED_OUT, Accent.UNSURE, ["Again", "Remix", "Delete"]),
        (JobState.UNKNOWN, Accent.UNSURE, ["Ask again", "Remix", "Delete"]),
    ],
)
def test_colour_and_buttons_tell_the_state(state: JobState, accent: Accent, buttons: list[str]) -> None:
    message = draw(view(job(state)))
    assert message.accent is accent
    assert labels(message) == buttons
    assert all(button.job_id == 77 for row in message.rows for button in row)


# ---------------------------------------------------------------- before


def test_the_card_says_what_was_asked() -> None:
    request = GenerationRequest("a *cat*", aspect_ratio="16:9", resolution="2K", quality="high")
    message = draw(view(job(request=request, reserved_credits=15), FLUX))
    assert message.texts[0] == r"a \*cat\*"
    assert message.texts[-1] == "-# Flux 2 Klein · 16:9 · 2K · high · 15 credits"


def test_what_is_not_known_is_called_not_known() -> None:
    assert draw(view()).texts[-1] == "-# The usual model · Cost not known"
    assert draw(view(job(model_id="new-model"))).texts[-1] == "-# new-model · Cost not known"


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        (None, "**Getting in line …**"),
        (Waiting(1, 4.6), "**You are next**, begins <t:1780000005:R>"),
        (Waiting(3, 20.0), "**Place 3 in line**, begins <t:1780000020:R>"),
        (Waiting(1200, None), "**Place 1,200 in line**"),
        (
            Waiting(2, None, PauseReason.RATE_LIMITED, NOW + 60),
            "**Place 2 in line**\nThe service asked for a short break. It goes on <t:1780000060:R>.",
        ),
        (
            Waiting(2, None, PauseReason.KEY_REJECTED),
            (
                "**Place 2 in line**\nThe service does not accept the key. Whoever runs Easel has to look at it. "
                "Your place in line is kept."
            ),
        ),
    ],
)
@pytest.mark.parametrize("state", [JobState.OFFERED, JobState.QUEUED])
def test_waiting(state: JobState, waiting: Waiting | None, said: str) -> None:
    assert draw(view(job(state), waiting=waiting)).texts[1] == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (PauseReason.KEY_REJECTED, "does not accept this server's own key any more. Its moderators can enter another"),
        (PauseReason.OUT_OF_CREDITS, "The credits of this server's own key are used up."),
        (PauseReason.KEY_LOCKED, "This server's own key cannot be read any more"),
        (PauseReason.RATE_LIMITED, "The service asked for a short break."),
    ],
)
def test_of_a_servers_own_key_its_moderators_are_called(reason: PauseReason, said: str) -> None:
    text = text_of(draw(view(job(), waiting=Waiting(2, None, reason, NOW + 60), is_own_key=True)))
    assert said in text
    assert "Whoever runs Easel" not in text
    assert "<t:1780000060:R>" in text


def test_cancelling_disables_the_button() -> None:
    message = draw(view(job(cancel_asked_at=NOW), waiting=Waiting(1, 0.0)))
    assert "Cancelling" in text_of(message)
    (button,) = message.rows[0]
    assert isinstance(button, Button)
    assert button.is_disabled
    assert "Cancelling" in text_of(draw(view(job(JobState.SUBMITTING, cancel_asked_at=NOW))))


@pytest.mark.parametrize(
    ("changes", "pace", "said"),
    [
        ({}, None, "**Being made …**"),
        ({"progress_percent": 40}, None, "**Being made …**\n▰▰▰▰▱▱▱▱▱▱ 40 %"),
        ({"answered_at": NOW - 9}, Pace(45, 90), "**Being made …**\n▰▱▱▱▱▱▱▱▱▱\nUsually done <t:1780000036:R>."),
        (
            {"answered_at": NOW - 80},
            Pace(45, 90),
            "**Being made …**\n▰▰▰▰▰▰▰▰▱▱\nThis one takes longer than the usual 45 s.",
        ),
        (
            {"answered_at": NOW - 10_000},
            Pace(45, 90),
            "**Being made …**\n▰▰▰▰▰▰▰▰▰▱\nThis one takes longer than the usual 45 s.",
        ),
    ],
)
def test_running(changes: dict[str, Any], pace: Pace | None, said: str) -> None:
    assert draw(view(job(JobState.RUNNING, **changes), pace=pace)).texts[1] == said


@pytest.mark.parametrize(
    ("preceding", "said"), [(0, "**Waiting at the service**"), (3, "**Waiting at the service**, 3 before it")]
)
def test_what_waits_at_the_service_says_so(preceding: int, said: str) -> None:
    waiting = job(JobState.RUNNING, preceding_tasks=preceding, progress_percent=0)
    assert draw(view(waiting, pace=Pace(20.0, 40.0))).texts[1] == said
    assert "paid" not in text_of(draw(view(replace(waiting, cancel_asked_at=NOW))))


def test_when_a_link_ends_is_told_where_that_is_known() -> None:
    ended = done(ShownMedia("https://x.y/a.png"), result=Result(("https://x.y/a.png",), expires_at=NOW + 60))
    assert f"could not be brought here. The link works until <t:{round(NOW + 60)}:f>." in text_of(draw(ended))


def test_pose_and_views_stand_with_the_other_choices() -> None:
    asked = GenerationRequest("a knight", aspect_ratio="1:1", pose_mode="t-pose", multi_view=True)
    assert "1:1 · t-pose · several views" in text_of(draw(view(job(request=asked))))


def test_cancelled_too_late_is_said_to_be_paid_for() -> None:
    assert "it is being paid for" in text_of(draw(view(job(JobState.RUNNING, cancel_asked_at=NOW))))


# ---------------------------------------------------------------- results


def test_a_result_is_attached_with_alt_text() -> None:
    message = draw(done(ShownMedia("https://x.y", FILE, "image/png")))
    assert message.gallery == (Picture("attachment://easel-77-1.png", "Picture: a cat"),)
    assert message.attachments == (Upload(FILE, "easel-77-1.png", "Picture: a cat"),)
    assert message.texts == ("a cat", "**Your picture is ready**", "-# Flux 2 Klein · 15 credits charged")


def test_several_results_are_numbered() -> None:
    message = draw(done(*[ShownMedia("https://x.y", FILE, "image/jpeg")] * 4))
    assert [picture.url for picture in message.gallery] == [f"attachment://easel-77-{n}.jpg" for n in (1, 2, 3, 4)]
    assert [picture.description for picture in message.gallery][3] == "Picture 4: a cat"
    assert "**Your 4 pictures are ready**" in message.texts


def test_a_video_is_a_video() -> None:
    made = job(JobState.SUCCEEDED, request=GenerationRequest("a cat", Medium.VIDEO, duration_seconds=5))
    message = draw(view(made, media=(ShownMedia("https://x.y", FILE, "video/mp4"),)))
    assert "Your video is ready" in text_of(message)
    assert message.gallery[0].url == "attachment://easel-77-1.mp4"
    assert "5 s" in message.texts[-1]


def test_alt_text_is_plain_and_fits() -> None:
    view_ = done(ShownMedia("https://x.y", FILE), request=GenerationRequest("*a*\n\n" + "b" * 6000))
    alt = draw(view_).gallery[0].description
    assert alt.startswith("Picture: *a* bbb")
    assert len(alt) == 1024


def test_the_ratio_that_was_used_is_shown() -> None:
    view_ = done(
        ShownMedia("https://x.y", FILE), result=Result((), "4:5"), request=GenerationRequest("a", aspect_ratio="auto")
    )
    assert "4:5" in draw(view_).texts[-1]
    assert "auto" not in draw(view_).texts[-1]


@pytest.mark.parametrize(
    ("media", "said"),
    [
        (
            ShownMedia("https://x.y/a", is_too_large=True),
            "[Picture](<https://x.y/a>) is too large for Discord. The link works for a limited time.",
        ),
        (
            ShownMedia("https://x.y/a"),
            "[Picture](<https://x.y/a>) could not be brought here. The link works for a limited time.",
        ),
        (
            ShownMedia("https://x.y/a", is_gone=True),
            "Picture is gone: the service keeps results for a limited time only.",
        ),
    ],
)
def test_what_cannot_be_attached_is_linked_or_said_to_be_gone(media: ShownMedia, said: str) -> None:
    message = draw(done(media))
    assert message.texts[2] == said
    assert message.gallery == ()


def test_a_result_with_nothing_in_it() -> None:
    assert "sent nothing that could be shown" in text_of(draw(done()))


def test_a_result_that_came_after_cancelling_is_not_shown() -> None:
    message = draw(done(ShownMedia("https://x.y", FILE), cancel_asked_at=NOW))
    assert "Finished after it was cancelled" in text_of(message)
    assert message.gallery == ()
    assert message.attachments == ()


# ---------------------------------------------------------------- ends without a result


@pytest.mark.parametrize("code", FailureCode)
@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_every_end_says_why_and_what_became_of_the_credits(state: JobState, code: FailureCode) -> None:
    text = text_of(draw(view(job(state, failure=Failure(code)))))
    # Of a task that was cancelled there, Meshy does not say what becomes of its credits.
    is_told = code is not FailureCode.CANCELLED_UPSTREAM
    assert ("Nothing was charged." if is_told else "does not say whether that was charged") in text


def test_a_failed_generation_gives_the_credits_back() -> None:
    failure = Failure(FailureCode.GENERATION_FAILED, "content *policy* @everyone")
    text = failed(failure, generation_id="g", charged_credits=0, reserved_credits=15)
    assert "The service could not make it. It says: content \\*policy\\* @\u200beveryone" in text
    assert "Your 15 credits came back." in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"generation_id": "g", "charged_credits": 0}, "What fails is not charged."),
        ({"generation_id": "g"}, "What fails is not charged; the credits come back."),
        ({"generation_id": "g", "charged_credits": 15}, "15 credits were charged."),
        ({}, "Nothing was charged."),
    ],
)
def test_refunds_are_told_as_far_as_known(changes: dict[str, Any], said: str) -> None:
    assert said in failed(None, **changes)


def test_missing_credits_are_named() -> None:
    text = failed(Failure(FailureCode.OUT_OF_CREDITS, required_credits=15, available_credits=3))
    assert "It needs 15 credits. 3 credits left." in text


def test_a_rejection_names_the_ratios_that_work() -> None:
    text = failed(Failure(FailureCode.REJECTED, "Invalid ratio", supported_ratios=("1:1", "16:9")))
    assert "Invalid ratio" in text
    assert "It can do these ratios: 1:1, 16:9." in text


def test_unknown_warns_of_the_charge() -> None:
    assert "may have been charged" in text_of(draw(view(job(JobState.UNKNOWN))))


def test_timed_out_says_until_when_it_is_looked_at() -> None:
    text = text_of(draw(view(job(JobState.TIMED_OUT, finished_at=NOW), pace=Pace(45, 90))))
    assert "usually takes 45 s" in text
    assert "until <t:1780001800:t>" in text
    assert "may still be charged" in text


# ---------------------------------------------------------------- references, mentions


def test_references_are_carried_as_small_attachments() -> None:
    references = (
        ShownReference("in my room.JPG", "https://x.y/1", path=FILE),
        ShownReference("reference-2.png", "https://x.y/2", attachment_id=5),
        ShownReference("", "https://x.y/3"),
        ShownReference("", "http://x.y/4"),
    )
    message = draw(view(references=references))
    assert message.references == (
        Picture("attachment://reference-1.jpg", "Reference 1"),
        Picture("attachment://reference-2.png", "Reference 2"),
        Picture("https://x.y/3", "Reference 3"),
    )
    assert message.attachments == (
        Upload(FILE, "reference-1.jpg"),
        Kept(5, "reference-2.png", "https://x.y/2"),
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (JobState.SUCCEEDED, "here it is."),
        (JobState.FAILED, "this one did not work out."),
        (JobState.TIMED_OUT, "this one is not ready in time."),
        (JobState.UNKNOWN, "the service did not answer for this one."),
    ],
)
def test_the_member_is_mentioned_once(state: JobState, said: str) -> None:
    message: Message = draw(view(job(state), mentions_member=True))
    assert message.texts[0] == f"<@7> {said}"
    assert message.mention_user_id == 7


def test_private_cards_mention_nobody() -> None:
    message = draw(view(job(is_private=True), mentions_member=True))
    assert message.mention_user_id is None
    assert "<@" not in text_of(message)


# ---------------------------------------------------------------- videos, and what comes before


CINEMA = replace(FLUX, medium=Medium.VIDEO, name="Cinema", default_duration=5, max_references=5)
MOVING = GenerationRequest("a cat", Medium.VIDEO)


def video(media: ShownMedia, request: GenerationRequest = MOVING, **changes: Any) -> CardView:
    made = job(JobState.SUCCEEDED, request=request, charged_credits=65, result=Result((media.url,), "16:9"))
    return view(made, CINEMA, media=(media,), **changes)


@pytest.mark.parametrize(
    ("media", "said"),
    [
        (
            ShownMedia("https://x.y/a", FILE, "video/mp4"),
            "[Video](<https://x.y/a>) · The link works for a limited time.",
        ),
        (
            ShownMedia("https://x.y/a", is_too_large=True),
            "[Video](<https://x.y/a>) is too large for Discord. The link works for a limited time.",
        ),
        (
            ShownMedia("https://x.y/a"),
            "[Video](<https://x.y/a>) could not be brought here. The link works for a limited time.",
        ),
        (
            ShownMedia("https://x.y/a", is_gone=True),
            "Video is gone: the service keeps results for a limited time only.",
        ),
    ],
)
def test_a_video_is_always_linked_as_well(media: ShownMedia, said: str) -> None:
    message = draw(video(media))
    assert message.texts[2] == said
    assert len(message.gallery) == len(message.attachments) == (media.path is not None)


@pytest.mark.parametrize(("chosen", "said"), [(8, "8 s"), (None, "5 s")])
def test_its_length_is_told_also_where_the_model_chose_it(chosen: int | None, said: str) -> None:
    request = replace(MOVING, duration_seconds=chosen)
    message = draw(video(ShownMedia("https://x.y/a", FILE, "video/mp4"), request))
    assert message.texts[-1] == f"-# Cinema · 16:9 · {said} · 65 credits charged"


def test_a_length_that_nobody_told_is_left_out() -> None:
    assert draw(view(job(request=MOVING), replace(CINEMA, default_duration=None))).texts[-1].count("·") == 1


FRAMES = (ShownReference("a.png", "https://x.y/1"), ShownReference("b.png", "https://x.y/2"))


@pytest.mark.parametrize(
    ("of", "shown", "said"),
    [
        (replace(CINEMA, max_references=2), FRAMES, ["First frame", "Last frame"]),
        (replace(CINEMA, max_references=2), FRAMES[:1], ["First frame"]),
        (CINEMA, FRAMES, ["Reference 1", "Reference 2"]),
        (replace(CINEMA, max_references=1), FRAMES[:1], ["Reference"]),
        (replace(FLUX, max_references=2), FRAMES, ["Reference 1", "Reference 2"]),
        (None, FRAMES, ["Reference 1", "Reference 2"]),
    ],
)
def test_two_pictures_of_a_video_are_its_first_and_last_frame(
    of: Model | None, shown: tuple[ShownReference, ...], said: list[str]
) -> None:
    assert [picture.description for picture in draw(view(model=of, references=shown)).references] == said


HERE, THERE = "https://discord.com/channels/5/6/1", "https://discord.com/channels/5/6/2"
ON = replace(MOVING, reference_video="https://v.test/1.mp4", reference_video_seconds=4.0)


@pytest.mark.parametrize(
    ("request_", "before", "said"),
    [
        (MOVING, (Ancestor(1, HERE), Ancestor(2, THERE)), f"-# From [this one]({THERE})."),
        (MOVING, (Ancestor(1, HERE), Ancestor(2, None)), None),
        (MOVING, (), None),
        (ON, (Ancestor(1, HERE, is_source=True),), f"-# Goes on from [part 1]({HERE})."),
        (ON, (Ancestor(1, HERE), Ancestor(2, THERE, is_source=True)), f"-# Goes on from [part 1]({THERE})."),
        (
            ON,
            (Ancestor(1, None, is_source=True), Ancestor(2, THERE, is_source=True)),
            f"-# Goes on from [part 2]({THERE}).",
        ),
        (ON, (Ancestor(1, HERE),), "-# Goes on from a video."),
    ],
)
def test_what_it_goes_on_from(request_: GenerationRequest, before: tuple[Ancestor, ...], said: str | None) -> None:
    text = text_of(draw(view(job(request=request_), ancestors=before)))
    assert (said in text) if said else ("From [" not in text)


def test_of_a_long_chain_the_latest_parts_are_linked_by_their_numbers() -> None:
    parts = tuple(Ancestor(n, f"https://discord.com/channels/5/6/{n}", is_source=True) for n in range(1, 21))
    text = text_of(draw(view(job(request=ON), ancestors=parts)))
    assert re.findall(r"part (\d+)", text) == [str(n) for n in range(13, 21)]


def test_while_it_waits_a_balance_that_looks_too_low_warns() -> None:
    waiting = view(job(reserved_credits=65), waiting=Waiting(1, 5.0), balance_credits=64)
    assert "Only 64 credits were left when last told" in text_of(draw(waiting))
    assert "were left" not in text_of(draw(replace(waiting, balance_credits=65)))
