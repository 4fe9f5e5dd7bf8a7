"""What *Who made this?* shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Medium, Model
from bot.domain.jobs import JobState
from bot.domain.provenance import Forebear, Provenance
from bot.domain.requests import GenerationRequest, MidjourneyOptions, Reference
from bot.ui.buttons import custom_id
from bot.ui.messages import Button
from bot.ui.provenance import draw_posted_by, draw_provenance, which_picture
from tests.unit.ui.make import NOW, job, text_of

MODEL = Model("meigen", "m-1", "Model *One*", "Acme", Medium.IMAGE)
LINK = "https://discord.com/channels/" + "/".join(["9" * 20] * 3)


@given(
    st.text(max_size=5000) | st.just("*" * 5000),
    st.text(max_size=500),
    st.lists(st.sampled_from([Forebear(None, None), Forebear(job(id=10**17), LINK)]), max_size=8),
)
def test_any_answer_is_within_discords_limits(prompt: str, word: str, forebears: list[Forebear]) -> None:
    request = GenerationRequest(
        prompt, aspect_ratio=word, resolution=word, quality=word, tier=word, midjourney=MidjourneyOptions(sref=word)
    )
    found = Provenance(job(JobState.SUCCEEDED, request=request, model_id=word), None, tuple(forebears), True)  # noqa: FBT003  has_earlier
    message = draw_provenance(found)
    assert sum(map(len, message.texts)) <= 4000
    assert all(text.strip() for text in message.texts)
    assert message.mention_user_id is None


def test_all_that_is_known_of_a_job_is_told() -> None:
    request = GenerationRequest(
        "a *cat*",
        aspect_ratio="16:9",
        references=(Reference("https://x.y/a.png"),) * 2,
        midjourney=MidjourneyOptions(stylize=300, raw=True),
    )
    made = job(JobState.SUCCEEDED, request=request, charged_credits=15)
    forebears = (Forebear(job(user_id=8, created_at=NOW - 90), LINK), Forebear(None, None))
    text = text_of(draw_provenance(Provenance(made, MODEL, forebears)))
    assert text == "\n".join(
        (
            f"**Made with Easel** for <@7>, <t:{NOW:.0f}:f>",
            "a \\*cat\\*",
            "-# Model \\*One\\* · 16:9 · \\--stylize 300 --raw · 15 credits charged",
            "-# It goes by 2 pictures.",
            "**It came from**",
            "1. something that only others can see",
            f"2. a picture by <@8>, <t:{NOW - 90:.0f}:R> · [go to it]({LINK})",
        )
    )


def test_a_continued_video_says_so() -> None:
    request = GenerationRequest("on", Medium.VIDEO, reference_video="https://x.y/a.mp4", reference_video_seconds=5.0)
    assert "It goes on from a video." in text_of(draw_provenance(Provenance(job(request=request), None)))


def test_others_messages() -> None:
    assert text_of(draw_posted_by(8, "ben", None, NOW)).startswith("Posted by <@8>, <t:")
    assert "Posted by **a\\*b** for <@9>" in text_of(draw_posted_by(None, "a*b", 9, NOW))


def test_ten_pictures_are_asked_for_in_two_rows() -> None:
    message = which_picture(42, 10, "animate")
    assert [len(row) for row in message.rows] == [5, 5]
    last = message.rows[1][4]  # type: ignore[misc]  # a row of buttons
    assert isinstance(last, Button)
    assert custom_id(last) == "easel:pick:42:10:animate"
