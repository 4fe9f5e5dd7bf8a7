from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.catalog import Catalog, Medium, Model, Prices, Timing
from bot.domain.gate import PauseReason
from bot.domain.problems import Problem, ProblemCode
from bot.domain.views import AccountCredits, CreditsView, Usage
from bot.ui.answers import apology, credits_page, model_choice, models_pages, refusal
from bot.ui.messages import Accent
from bot.ui.prices import price_range, price_table
from bot.ui.texts import EN
from tests.unit.ui.make import NOW, text_of

GPT = Model(
    "meigen",
    "gpt-image-2",
    "GPT Image 2.0",
    "OpenAI",
    Medium.IMAGE,
    ratios=("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "5:4", "4:5", "21:9", "9:21"),
    resolutions=("1K", "2K", "4K"),
    qualities=("low", "medium", "high"),
    max_references=5,
    prices=Prices(
        per_generation=10,
        by_resolution={
            "1K": {"low": 2, "medium": 10, "high": 18},
            "2K": {"low": 5, "medium": 20, "high": 40},
            "4K": {"low": 10, "medium": 32, "high": 80},
        },
    ),
    timing=Timing(45, 90),
    is_default=True,
)
SEEDANCE = Model(
    "meigen",
    "seedance-2-0",
    "Seedance 2.0",
    "ByteDance",
    Medium.VIDEO,
    durations=(4, 5),
    tiers=("fast", "pro"),
    prices=Prices(60, per_second={"fast": {"480p": 13, "720p": 20}, "pro": {"480p": 14, "1080p": 42}}),
)
VEO = replace(SEEDANCE, id="veo-3.1", name="Veo 3.1", prices=Prices(per_call={"fast": {4: 80, 6: 125}}))
HORSE = replace(SEEDANCE, id="happyhorse-1.0", name="Happyhorse", prices=Prices())
TUNE = replace(SEEDANCE, id="tune", name="Tune *1*", medium=None, prices=Prices(per_generation=1))
CATALOG = Catalog((GPT, SEEDANCE, VEO, HORSE, TUNE), NOW)


@pytest.mark.parametrize(
    ("model", "price", "table"),
    [
        (
            GPT,
            "2 to 80 credits",
            "1K low 2, medium 10, high 18 · 2K low 5, medium 20, high 40 · 4K low 10, medium 32, high 80",
        ),
        (SEEDANCE, "13 to 42 credits a second", "fast 480p 13, 720p 20 · pro 480p 14, 1080p 42"),
        (VEO, "80 to 125 credits", "fast 4 s 80, 6 s 125"),
        (HORSE, "price not known", ""),
        (TUNE, "1 credit", ""),
        (
            replace(GPT, prices=Prices(by_resolution={"1K": {"": 15}, "2K": {"": 20}})),
            "15 to 20 credits",
            "1K 15 · 2K 20",
        ),
    ],
)
def test_prices(model: Model, price: str, table: str) -> None:
    assert price_range(model) == price
    assert price_table(model) == table


def test_models_tells_everything_of_each() -> None:
    (page,) = models_pages(CATALOG, None, {"gpt-image-2": 38.0})
    text = text_of(page)
    assert (
        "### Pictures\n"
        "**GPT Image 2.0** · 2 to 80 credits · about 38 s · the usual one\n"
        "-# 1:1 3:2 2:3 16:9 9:16 4:3 3:4 5:4 4:5 21:9 9:21 · 1K 2K 4K · low medium high · up to 5 references\n"
        "-# 1K low 2," in text
    )
    assert "**Happyhorse** · price not known\n" in text
    assert "### Other\n**Tune \\*1\\***" in text
    assert "-# As told <t:1780000000:R>." in text


def test_the_catalogues_timing_serves_until_ours_is_learnt() -> None:
    assert "about 45 s" in text_of(models_pages(CATALOG, None, {})[0])


def test_models_of_one_medium() -> None:
    (page,) = models_pages(CATALOG, Medium.VIDEO, {})
    assert "Seedance" in text_of(page)
    assert "GPT" not in text_of(page)
    assert "Tune" not in text_of(page)


def test_many_models_take_several_pages_and_none_is_lost() -> None:
    many = tuple(replace(GPT, id=f"m{n}", name=f"Model {n}.") for n in range(60))
    pages = models_pages(Catalog(many, NOW), None, {})
    assert len(pages) > 1
    assert all(len(text_of(page)) <= 4000 for page in pages)
    whole = "\n".join(map(text_of, pages))
    assert all(f"**Model {n}.**" in whole for n in range(60))


def test_a_model_of_absurd_length_fits() -> None:
    huge = replace(GPT, name="x" * 9000, ratios=("16:9",) * 3000, prices=Prices(by_resolution={"y" * 99: {"z": 1}}))
    pages = models_pages(Catalog((huge,) * 20, NOW), None, {})
    assert all(len(text_of(page)) <= 4000 for page in pages)
    assert len(model_choice(huge)) <= 100


def test_no_models_yet_and_none_of_a_medium() -> None:
    assert "do not know of any model yet" in text_of(models_pages(Catalog(), None, {})[0])
    assert "No model makes videos" in text_of(models_pages(Catalog((GPT,)), Medium.VIDEO, {})[0])


def test_choices_name_the_price() -> None:
    assert model_choice(GPT) == "GPT Image 2.0 · 2 to 80 credits"


# ---------------------------------------------------------------- /credits

USED = Usage(spent_credits=1240, reserved_credits=15, jobs=1)


def credits_text(account: AccountCredits | None, guild: Usage | None = USED) -> str:
    return text_of(credits_page(CreditsView(() if account is None else (account,), guild, USED, NOW)))


def test_a_balance_is_told_with_its_time() -> None:
    account = AccountCredits("meigen", 1240, is_unlimited=False, told_at=NOW, pause_reason=None)
    assert "**MeiGen**: 1,240 credits left, as told <t:1780000000:R>" in credits_text(account)


def test_what_was_never_told_is_not_known() -> None:
    account = AccountCredits("meigen", None, is_unlimited=False, told_at=None, pause_reason=None)
    assert "**MeiGen**: not known yet" in credits_text(account)


def test_unlimited_and_paused() -> None:
    account = AccountCredits("meshy", 3, is_unlimited=True, told_at=NOW, pause_reason=PauseReason.OUT_OF_CREDITS)
    text = credits_text(account)
    assert "**Meshy**: unlimited" in text
    assert "The credits are used up." in text


def test_a_servers_own_key_is_named_and_so_is_who_can_change_it() -> None:
    account = AccountCredits("meigen", 3, is_unlimited=False, told_at=NOW, pause_reason=None, is_own=True)
    assert "**MeiGen** (this server's own key): 3 credits left" in credits_text(account)
    refused = credits_text(replace(account, pause_reason=PauseReason.KEY_REJECTED))
    assert "Its moderators can enter another one" in refused


def test_use_of_guild_and_member() -> None:
    text = credits_text(None)
    assert "No key is entered" in text
    assert "**This server** today: 1,240 credits used, 15 credits held for what is under way (1 request)" in text
    assert "**You** today" in text
    assert "-# Today began at <t:1780000000:t>." in text


def test_direct_messages_have_no_server() -> None:
    assert "This server" not in credits_text(None, guild=None)


# ---------------------------------------------------------------- refusals


def test_a_refusal_tells_each_reason_once() -> None:
    problem = Problem(ProblemCode.PROMPT_EMPTY)
    message = refusal([problem, problem, Problem(ProblemCode.NO_ACCOUNT)])
    assert message.accent is Accent.FAILED
    assert text_of(message).count("The prompt is empty.") == 1
    assert "There is no key" in text_of(message)


def test_very_many_reasons_fit() -> None:
    problems = [Problem(ProblemCode.REFERENCE_EMPTY, f"{'*' * 99}{n}") for n in range(100)]
    assert 0 < len(text_of(refusal(problems))) <= 4000


def test_an_apology_has_no_details() -> None:
    assert "went wrong on my side" in text_of(apology())


# ---- two upstreams

MESHY = replace(
    GPT, provider="meshy", id="meshy/gpt-image-2", name="GPT Image 2 at Meshy", family="gpt-image-2", prices=Prices(9)
)


def test_the_same_model_elsewhere_is_named_with_its_price() -> None:
    both = Catalog((GPT, MESHY), NOW)
    assert both.kin(GPT) == (MESHY,)
    assert both.kin(MESHY) == (GPT,)
    assert model_choice(GPT, both.kin(GPT)) == "GPT Image 2.0 · 2 to 80 credits (Meshy: 9 credits)"
    assert model_choice(MESHY, both.kin(MESHY)) == "GPT Image 2 at Meshy · 9 credits (MeiGen: 2 to 80 credits)"
    (page,) = models_pages(both, Medium.IMAGE, {})
    assert "the same at Meshy: 9 credits" in text_of(page)


def test_what_cannot_be_had_now_is_marked() -> None:
    assert model_choice(MESHY, (), PauseReason.OUT_OF_CREDITS).startswith("⚠ out of credits · GPT Image 2 at Meshy")
    troubles = {"meshy": PauseReason.UNREACHABLE}
    (page,) = models_pages(Catalog((GPT, MESHY), NOW), None, {}, troubles)
    assert text_of(page).count("⚠ not reachable") == 1
    assert len(model_choice(replace(MESHY, name="x" * 200), (GPT,), PauseReason.KEY_REJECTED)) <= 100
    assert {reason: EN.trouble(reason) for reason in PauseReason}.keys() == set(PauseReason)
