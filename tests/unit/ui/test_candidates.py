from __future__ import annotations

from pathlib import Path

from bot.domain.catalog import Medium, Model
from bot.domain.gallery import GalleryItem, GalleryPage
from bot.domain.jobs import JobState, Result
from bot.domain.requests import GenerationRequest, MidjourneyOptions
from bot.domain.views import CardView, ShownMedia
from bot.ui.cards import draw
from bot.ui.inspire import draw_page
from tests.unit.ui.make import job, text_of, view

MIDJOURNEY = Model("meigen", "midjourney-v8.1", "Midjourney V8.1", "Midjourney", Medium.IMAGE)


def enlarged(count: int, only: int | None, charged_credits: int | None = 15) -> CardView:
    request = GenerationRequest(
        "a boat", aspect_ratio="3:2", reference_type="style", midjourney=MidjourneyOptions(stylize=300, raw=True)
    )
    result = Result(tuple(f"https://x.y/{number}.png" for number in range(count)))
    made = job(JobState.SUCCEEDED, request=request, result=result, charged_credits=charged_credits)
    return view(made, MIDJOURNEY, only=only, media=(ShownMedia("https://x.y/1.png", Path("/data/made.png")),))


def test_a_card_tells_midjourneys_options_as_they_are_typed() -> None:
    *_, facts = draw(enlarged(1, None)).texts
    assert facts == "-# Midjourney V8.1 · 3:2 · \\--ref style --stylize 300 --raw · 15 credits charged"


def test_an_enlarged_candidate_says_which_one_it_is_and_that_the_price_was_for_all() -> None:
    text = text_of(draw(enlarged(4, 2)))
    assert "**Picture 2 of 4**" in text
    assert text.endswith("15 credits charged for all 4")


def test_an_only_result_is_no_candidate() -> None:
    text = text_of(draw(enlarged(1, 1)))
    assert "**Your picture is ready**" in text
    assert text.endswith("15 credits charged")


def test_of_a_candidate_whose_cost_was_not_told_the_price_stands() -> None:
    assert text_of(draw(enlarged(4, 2, None))).endswith("Cost not known")


def test_a_found_prompt_keeps_the_names_of_its_parts() -> None:
    item = GalleryItem("1", '{"title": "A harbour", "panels": 60}', author_name="Ines", author_username="ines")
    (entry,) = draw_page(GalleryPage("harbour", 0, (item,), has_more=False)).entries
    assert entry.text.startswith("Title: A harbour · Panels: 60\n**By Ines**")
    assert "(ines)" not in entry.text
