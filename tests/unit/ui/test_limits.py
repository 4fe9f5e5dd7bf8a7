"""Pages of the moderators' panel: what holds is said in words, what is gone is shown as such, and everything fits."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from bot.domain.jobs import Job, JobState
from bot.domain.keys import KeyState, KeyView
from bot.domain.limits import FIGURES, Block, Change, House, Limits, Unit
from bot.domain.problems import Problem, ProblemCode
from bot.ui.areas import FIGURES_OF, Area, area_of, forms_of
from bot.ui.limits import changed, replaced_notice
from bot.ui.limits_amounts import figures_form, tier_form, zone_form
from bot.ui.limits_panel import Known, Panel
from bot.ui.limits_rest import key_form
from bot.ui.limits_rules import block_form, models_beyond_menu, trial_form, tried, words_form
from bot.ui.messages import Accent, Action, Button, ButtonStyle, ChoiceField, EntityKind, TextField
from bot.ui.texts import EN
from tests.support.builders import model
from tests.unit.ui.make import NOW, job
from tests.unit.ui.panels import (
    ART,
    ARTISTS,
    GONE,
    GUESTS,
    GUILD,
    KNOWN,
    MEMES,
    NOOR,
    SAM,
    at,
    check,
    check_form,
    control,
    drawn,
    names,
    page,
    panel,
    text,
)

BIG = 1_234_567_890_123_456_789
NASTY = "*_~`|>@everyone\n# " * 30


def crowded() -> Panel:
    """A guild that has set all that it can, and in which everything is as long as it gets."""
    many = tuple(range(BIG, BIG + 100))
    models = tuple(model(id=f"m{number}" + "x" * 95, name=NASTY, resolutions=(f"{number}p",)) for number in range(99))
    words = tuple(f"{number}{NASTY}"[:100] for number in range(500))
    tier = {"credits": 10**8, "pictures": 10**5, "videos": None}
    changes = tuple(
        Change(BIG + number, GUILD, BIG, NOW, name, json.dumps(old), json.dumps(new))
        for number, (name, old, new) in enumerate(
            [
                ("blocked_words", words[:5], words[5:300]),
                ("tiers", {}, {str(role): tier for role in many}),
                ("blocked_members", [], [{"user_id": each, "until": NOW, "reason": NASTY} for each in many]),
                ("channels", many[:50], many[50:]),
                ("time_zone", NASTY, NASTY),
                *[("models", [each.id for each in models[:50]], [each.id for each in models[50:]])] * 5,
            ]
        )
    )
    figures: dict[str, Any] = {name: figure.most for name, figure in FIGURES.items()}
    limits = Limits(
        **figures,
        tiers={role: {Unit.CREDITS: 10**8, Unit.PICTURES: 10**5, Unit.VIDEOS: None} for role in many},
        models=tuple(each.id for each in models),
        picture_resolution="x" * 90,
        video_resolution="x" * 90,
        quality="x" * 90,
        tier="x" * 90,
        video_roles=many,
        channels=many,
        roles_allowed=many,
        roles_excluded=many,
        blocked_members=tuple(Block(each, NOW + 10**8, NASTY[:300]) for each in many * 5),
        blocked_words=words,
        log_channel=BIG,
    )
    house = House(Limits(time_zone="x" * 60), dict.fromkeys(FIGURES, 1))
    jobs = [job(UNDER[number % 4], id=BIG + number, user_id=BIG, model_id=models[0].id) for number in range(800)]
    return replace(
        panel(house, models_told=models),
        view=replace(panel(house, models_told=models).view, chosen=limits),
        user_id=BIG,
        known=Known(dict.fromkeys(many[:60], NASTY), frozenset(many[:60])),
        jobs=jobs,
        keys=[KeyView("meigen", "abcd", BIG, NOW, KeyState.OUT_OF_CREDITS, NOW, 10**8)],
        changes=changes,
        log_lacks=("view_channel", "send_messages_in_threads"),
    )


UNDER = (JobState.OFFERED, JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING)
PROBLEMS = tuple(Problem(ProblemCode.WORD_TOO_LONG, NASTY, limit=100) for _ in range(50))
AGAIN = Button(Action.LIMIT_WORDS, BIG, "Change what you typed", index=0, note="/again")


@pytest.mark.parametrize("area", Area)
def test_every_page_fits_an_empty_guild(area: Area) -> None:
    message = drawn(area, panel())
    check(message)
    assert "None" not in text(message)
    assert control(message, "Go to another page…")
    assert message.accent is Accent.WAITING


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("number", [0, 3, 19, 500])
def test_every_page_fits_a_crowded_guild(area: Area, number: int) -> None:
    of = replace(crowded(), place=at(number=number, before=BIG))
    check(drawn(area, of))
    check(drawn(area, replace(of, problems=PROBLEMS, again=AGAIN)))
    check(drawn(area, replace(of, said=changed(of, of.changes[:5], of.changes[:5]))))
    check(replaced_notice(of, of.changes))


def test_every_page_fits_where_nothing_is_known_of_the_guild() -> None:
    for area in Area:
        check(drawn(area, replace(crowded(), known=Known())))
        check(drawn(area, panel(models_told=())))


def test_every_page_can_be_gone_to() -> None:
    menu = control(drawn(Area.OVERVIEW, panel()), "Go to another page…")
    assert [each.value for each in menu.options] == list(Area)


# ---------------------------------------------------------------- the first page


def test_the_first_page_tells_of_every_area_what_holds_now() -> None:
    said = page(
        Area.OVERVIEW,
        guild_credits_per_day=500,
        member_credits_per_day=50,
        member_videos_per_day=3,
        tiers={ARTISTS: {Unit.CREDITS: 200}, GONE: {Unit.CREDITS: 1}},
        cooldown_seconds=30,
        models=("swift-1",),
        video_resolution="720p",
        video_seconds=8,
        video_roles=(ARTISTS,),
        channels=(ART,),
        blocked_members=(Block(NOOR), Block(9, NOW - 1)),
        blocked_words=("blood",),
        spoilers=True,
        log_channel=MEMES,
        is_paused=True,
        keys=[KeyView("meigen", "abcd", SAM, NOW)],
        jobs=[job(JobState.RUNNING), job(JobState.QUEUED), job(JobState.OFFERED)],
        changes=[Change(1, GUILD, NOOR, NOW, "spoilers", "false", "true")],
    )
    for line in (
        "**Budgets:** this server: 500 credits a day; each member: 50 credits, 3 videos a day",
        f"**Role tiers:** figures of their own for <@&{ARTISTS}>, a deleted role",
        "**Queue and pace:** up to 20 waiting of a member and 200 of all, 30 s between two requests",
        f"**What can be made:** 1 model · videos up to 720p, 8 s · videos by <@&{ARTISTS}> only",
        f"**Where and who:** by everybody, in <#{ART}> · 1 member blocked",
        "**Words:** 1 is blocked",
        f"**How it is shown:** as spoilers · log in <#{MEMES}>",
        "**Stop and go:** paused, 1 being made, 2 waiting",
        "**Own key:** MeiGen …abcd",
        f"<@{NOOR}>: **Results as spoilers:** off → on",
    ):
        assert line in said


# ---------------------------------------------------------------- budgets


def test_budgets_stand_beside_what_is_used() -> None:
    said = page(Area.BUDGETS, guild_credits_per_day=100, member_videos_per_day=3, time_zone="Europe/Berlin")
    assert "**Credits a day, for the whole server:** 100 · 45 used today" in said
    assert "**Credits a month, for the whole server:** no limit · 700 used this month" in said
    assert "**Videos a day, for each member:** 3 · 1 used by you today" in said
    assert f"*Europe/Berlin*, the next one <t:{NOW + 3600:.0f}:R>" in said


def test_whose_choice_a_figure_is_stands_beside_it() -> None:
    house = House(Limits(member_videos_per_day=2), {"guild_credits_per_day": 1000, "member_credits_per_day": 60})
    said = page(Area.BUDGETS, house, member_videos_per_day=3, guild_credits_per_day=5000)
    assert "whole server:** 1,000 · 45 used today · usually no limit · at most 1,000 · 5,000 was chosen here" in said
    assert "**Credits a day, for each member:** 60 · 10 used by you today · at most 60\n" in said
    assert "**Videos a day, for each member:** 3 · 1 used by you today · usually 2" in said
    assert "-# *Usually*: as whoever runs Easel has set it." in said
    assert "All of this is as whoever runs Easel has set it" not in said
    assert "All of this is as whoever runs Easel has set it" in page(Area.BUDGETS)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"guild_credits_per_day": 40}, "45 are used today already, so nothing more can be asked until <t:"),
        ({"guild_credits_per_day": 45}, "45 are used today already"),
        ({"guild_credits_per_day": 46}, None),
        ({"guild_credits_per_month": 700}, "700 are used this month already"),
        ({"member_credits_per_day": 5}, "you have used 10 today already, so you can ask again <t:"),
        ({"member_credits_per_day": 5, "tiers": {GUESTS: {Unit.CREDITS: 50}}}, None),
        ({"member_credits_per_day": 50, "tiers": {GUESTS: {Unit.CREDITS: 5}}}, "you have used 10 today already"),
        ({"member_videos_per_day": 0}, "**Videos a day, for each member:** 0 leaves nothing to ask for."),
    ],
)
def test_a_budget_below_what_is_used_is_said(limits: dict[str, Any], says: str | None) -> None:
    said = page(Area.BUDGETS, **limits)
    assert says in said if says else "already" not in said


# ---------------------------------------------------------------- tiers


def test_tiers_tell_what_they_name_and_can_be_taken_away_though_their_role_is_gone() -> None:
    tiers = {ARTISTS: {Unit.VIDEOS: None, Unit.CREDITS: 200}, GONE: {Unit.CREDITS: 1}, GUILD: {Unit.PICTURES: 5}}
    message = drawn(Area.TIERS, panel(tiers=tiers, member_credits_per_day=50))
    assert "**Everybody:** 50 credits a day" in text(message)
    assert f"<@&{ARTISTS}>: 200 credits a day, videos without limit" in text(message)
    assert "a deleted role: 1 credit a day" in text(message)
    assert "everybody: 5 pictures a day" in text(message)
    menu = control(message, "Take the figures of a role away")
    assert [(each.label, each.value) for each in menu.options] == [
        ("Artists", str(ARTISTS)),
        (f"a deleted role ({GONE})", str(GONE)),
        ("everybody", str(GUILD)),
    ]
    choice = control(message, "Choose a role, then say what it may use")
    assert (choice.kind, choice.least, choice.most, choice.chosen) == (EntityKind.ROLE, 1, 1, ())


# ---------------------------------------------------------------- what can be made


def test_models_that_are_retired_are_shown_as_such_and_not_offered() -> None:
    message = drawn(Area.MAKING, panel(models=("swift-1", "gone-1")))
    assert "**Models:** Swift One, retired: gone-1" in text(message)
    assert EN.no_models_left not in text(message)
    menu = control(message, "Allow only these models")
    assert [each.value for each in menu.options if each.is_chosen] == ["swift-1"]
    assert (menu.least, menu.most) == (0, 4)
    assert control(message, "Allow all models").note == "all_models"
    assert "Allow all models" not in names(drawn(Area.MAKING, panel()))


def test_without_a_model_left_it_is_said_that_nobody_can_ask() -> None:
    for area in (Area.MAKING, Area.OVERVIEW):
        assert "so nobody can ask anything" in page(area, models=("gone-1",))
        assert "so nobody" not in page(area, models=("gone-1",), models_told=()), "no catalogue was told yet"


def test_more_models_than_a_menu_holds() -> None:
    models = tuple(model(id=f"m{number}", name=f"Model {number}") for number in range(30))
    of = panel(models_told=models, models=("m3", "m28", "m29", "gone-1"))
    message = drawn(Area.MAKING, of)
    assert "the first 25 of 30. `/limit model` reaches all" in text(message)
    assert len(control(message, "Allow only these models").options) == 25
    assert models_beyond_menu(of) == ("m28", "m29")


def test_the_highest_ones_come_from_the_catalogue_the_least_first() -> None:
    message = drawn(Area.MAKING, panel(video_resolution="720p", tier="retired-tier"))
    menu = control(message, EN.setting("video_resolution"))
    assert [each.label for each in menu.options] == ["As high as they like", "480p", "720p", "1080p"]
    assert [each.value for each in menu.options if each.is_chosen] == ["720p"]
    assert f"**{EN.setting('video_resolution')}:** up to 720p" in text(message)
    assert "up to retired-tier (no model offers it now)" in text(message)
    assert not any(each.is_chosen for each in control(message, EN.setting("tier")).options)
    assert [each.label for each in control(message, EN.setting("quality")).options][1:] == ["quality 1", "quality 4"]


# ---------------------------------------------------------------- where and who


def test_what_is_gone_is_shown_and_not_preselected() -> None:
    limits: dict[str, Any] = {"channels": (ART, 98), "roles_allowed": (GUESTS, GONE), "roles_excluded": (GONE,)}
    message = drawn(Area.PLACES, panel(**limits))
    assert f"**Channels:** <#{ART}>, a channel that is gone or archived" in text(message)
    assert f"<@&{GUESTS}>, a deleted role" in text(message)
    assert control(message, "Only in these channels and categories").chosen == (ART,)
    assert control(message, "Only these roles may ask").chosen == (GUESTS,)
    assert control(message, "These roles may not ask").chosen == ()
    assert "nobody can ask" not in text(message)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"channels": (98,)}, "all that were chosen are gone, so nobody can ask for anything.** Make another choice"),
        ({"roles_allowed": (GONE, 98)}, "all that were chosen are gone, so nobody can ask for anything"),
        ({"video_roles": (GONE,)}, "all that were chosen are gone, so nobody can ask for videos"),
    ],
)
def test_a_list_of_which_all_are_gone_shuts_everybody_out(limits: dict[str, Any], says: str) -> None:
    area = Area.MAKING if "video_roles" in limits else Area.PLACES
    assert says in page(area, **limits)
    assert "are gone" not in page(area, **limits, known=Known()), "nothing is known, so nothing is called gone"
    if area is Area.PLACES:
        assert says in page(Area.OVERVIEW, **limits)


@pytest.mark.parametrize(
    ("area", "limits", "says"),
    [
        (Area.PLACES, {"roles_allowed": (ARTISTS,)}, "this concerns you, too. You cannot ask"),
        (Area.PLACES, {"roles_allowed": (GUESTS,)}, None),
        (Area.PLACES, {"roles_excluded": (GUESTS,)}, "this concerns you, too. You cannot ask"),
        (Area.PLACES, {"roles_excluded": (GUILD,)}, "this concerns you, too. You cannot ask"),
        (Area.PLACES, {"roles_excluded": (ARTISTS,)}, None),
        (Area.PLACES, {"blocked_members": (Block(SAM),)}, "Another moderator has blocked you."),
        (Area.PLACES, {"blocked_members": (Block(SAM, NOW - 1),)}, None),
        (Area.MAKING, {"video_roles": (ARTISTS,)}, "this concerns you, too. You have none"),
        (Area.MAKING, {"video_roles": (ARTISTS, GUESTS)}, None),
    ],
)
def test_a_rule_that_concerns_the_moderator_says_so(area: Area, limits: dict[str, Any], says: str | None) -> None:
    said = page(area, **limits)
    assert says in said if says else "concerns you" not in said


def test_more_than_a_native_select_holds_is_left_to_the_commands() -> None:
    roles = tuple(range(1000, 1026))
    message = drawn(Area.PLACES, panel(roles_excluded=roles, known=Known(dict.fromkeys(roles, "x"), KNOWN.channels)))
    menu = control(message, "These roles may not ask")
    assert menu.is_disabled, "or a choice in it would drop those that it cannot show"
    assert "too many for a menu: use `/limit`" in text(message)


def test_blocked_members_are_listed_with_their_end_and_reason() -> None:
    message = drawn(Area.PLACES, panel(blocked_members=(Block(8, NOW + 60, "floods *all*"), Block(9), Block(10, NOW))))
    assert f"**Blocked members:** 2\n<@8> until <t:{NOW + 60:.0f}:f>: floods \\*all\\*\n<@9> until" in text(message)
    assert "<@10>" not in text(message), "it is over"
    assert control(message, "Lift the block of a member").note == "blocked_members"
    assert "Lift the block of a member" not in names(drawn(Area.PLACES, panel()))


# ---------------------------------------------------------------- words


def test_words_come_in_pages_of_a_menu_each() -> None:
    words = tuple(f"word{number}" for number in range(60))
    pages = [drawn(Area.WORDS, panel(blocked_words=words, place=at(number=number))) for number in (0, 1, 2, 9)]
    assert ["page 1 of 3" in text(pages[0]), "page 3 of 3" in text(pages[2])] == [True, True]
    assert text(pages[3]) == text(pages[2]), "words were taken away meanwhile"
    menus = [control(each, "Take words away") for each in pages[:3]]
    assert [each.value for menu in menus for each in menu.options] == list(words)
    assert [("Back" in names(each), "Next" in names(each)) for each in pages[:3]] == [
        (False, True),
        (True, True),
        (True, False),
    ]


def test_a_text_is_told_what_it_would_meet() -> None:
    assert tried("a *bloody* day", ("bloody",)) == "**“a \\*bloody\\* day” would be refused.** It meets: bloody."
    assert "meets none" in tried("a day", ())
    assert len(tried(NASTY * 10, tuple(f"{number}{NASTY}" for number in range(40)))) < 900


# ---------------------------------------------------------------- how it is shown


def test_switches_say_what_they_would_do() -> None:
    off, on = drawn(Area.LOOKS, panel()), drawn(Area.LOOKS, panel(spoilers=True, age_restricted_only=True))
    assert [(control(off, name).note, control(off, name).index) for name in ("Cover results",)] == [("spoilers", 1)]
    assert control(off, "Only age-restricted channels").index == 1
    assert control(on, "Do not cover results").index == 0
    assert control(on, "All channels").index == 0
    assert "covered until somebody clicks" in text(on)
    assert "elsewhere nothing can be asked" in text(on)


def test_a_log_channel_that_is_gone_or_closed_to_easel_is_shown_as_such() -> None:
    there = drawn(Area.LOOKS, panel(log_channel=ART, log_lacks=("send_messages",)))
    assert f"**Log channel:** <#{ART}>" in text(there)
    assert "**I cannot write there:** I need *Send Messages* in that channel." in text(there)
    assert control(there, "A channel for the log").chosen == (ART,)
    gone = drawn(Area.LOOKS, panel(log_channel=98))
    assert "**Log channel:** a channel that is gone" in text(gone)
    assert control(gone, "A channel for the log").chosen == ()
    assert control(gone, "No log channel").index == 0
    assert "No log channel" not in names(drawn(Area.LOOKS, panel()))


# ---------------------------------------------------------------- stop and go


def jobs(*states: JobState, **changes: Any) -> list[Job]:
    return [job(state, id=100 + number, **changes) for number, state in enumerate(states)]


def test_what_is_under_way_is_numbered_as_in_the_menu() -> None:
    under_way = [*jobs(JobState.RUNNING, model_id="cinema-1"), *jobs(JobState.QUEUED)]
    under_way[1] = replace(under_way[1], id=101, cancel_asked_at=NOW)
    message = drawn(Area.FLOW, panel(jobs=under_way))
    assert "1 being made, 1 waiting" in text(message)
    assert "1. <@7>: Cinema, being made, asked <t:" in text(message)
    assert "2. <@7>: The usual model, waiting, called back, asked" in text(message)
    menu = control(message, "Call one back")
    assert [(each.label, each.value) for each in menu.options] == [("1. Cinema, being made", "100")]


def test_pause_and_go_on() -> None:
    runs, stands = drawn(Area.FLOW, panel()), drawn(Area.FLOW, panel(is_paused=True))
    assert (control(runs, "Pause").index, control(stands, "Go on").index) == (1, 0)
    assert "Paused" in text(stands)
    assert control(runs, "Clear the queue").is_disabled
    assert not control(drawn(Area.FLOW, panel(jobs=jobs(JobState.OFFERED))), "Clear the queue").is_disabled


@pytest.mark.parametrize(("count", "says"), [(1, "1 request that waits?"), (3, "3 requests that wait?")])
def test_before_the_queue_is_cleared_it_is_said_how_many_go(count: int, says: str) -> None:
    of = panel(jobs=jobs(JobState.RUNNING, *[JobState.QUEUED] * count), place=at(asks="queue"))
    message = drawn(Area.FLOW, of)
    assert f"**Call back {says}**" in text(message)
    yes, no, _ = names(message)
    assert (control(message, yes).index, control(message, yes).style) == (1, ButtonStyle.DANGER)
    assert control(message, no).action is Action.LIMITS


# ---------------------------------------------------------------- own key


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (KeyView("meigen", "abcd", SAM, NOW, balance_credits=1200), "works. <@7> has entered it"),
        (KeyView("meigen", "abcd", SAM, NOW, balance_credits=1200), "1,200 credits left"),
        (KeyView("meigen", "abcd", SAM, NOW, KeyState.REFUSED, NOW + 60), "was refused by the service"),
        (KeyView("meigen", "abcd", SAM, NOW, KeyState.REFUSED, NOW + 60), f"tried again <t:{NOW + 60:.0f}:R>"),
        (KeyView("meigen", "abcd", SAM, NOW, KeyState.OUT_OF_CREDITS), "is out of credits"),
        (KeyView("meigen", "abcd", SAM, NOW, KeyState.LOCKED), "cannot be read any more: enter it anew"),
    ],
)
def test_a_key_is_known_by_its_last_four_characters(key: KeyView, says: str) -> None:
    message = drawn(Area.KEY, panel(keys=[key]))
    assert "**MeiGen:** the key …abcd" in text(message)
    assert says in text(message)
    assert names(message)[:2] == ["Enter another key", "Remove the key"]


def test_without_a_key_the_operator_pays() -> None:
    message = drawn(Area.KEY, panel())
    assert "**MeiGen:** none. Whoever runs Easel pays." in text(message)
    assert "its own credits, its own queue, and its own turn" in text(message)
    assert names(message)[:1] == ["Enter a key"]


def test_a_key_is_removed_after_a_question() -> None:
    keys = [KeyView("meigen", "abcd", SAM, NOW)]
    first = control(drawn(Area.KEY, panel(keys=keys)), "Remove the key")
    assert (first.index, first.note) == (0, "own_key/meigen")
    asked = drawn(Area.KEY, panel(keys=keys, place=at(asks="meigen")))
    assert "**Remove the key …abcd for MeiGen?**" in text(asked)
    assert control(asked, "Remove the key").index == 1
    gone = drawn(Area.KEY, panel(place=at(asks="meigen")))
    assert "Remove" not in text(gone), "somebody else has removed it meanwhile"


# ---------------------------------------------------------------- recent changes


def test_changes_lead_to_older_ones_and_back() -> None:
    trail = [Change(BIG - n, GUILD, NOOR, NOW - n, "kept_days", str(n), str(n + 1)) for n in range(10)]
    first = drawn(Area.CHANGES, panel(changes=trail, has_older=True))
    assert f"<t:{NOW:.0f}:R> <@{NOOR}>: **{EN.setting('kept_days')}:** 0 → 1" in text(first)
    assert control(first, "Older").note == f"changes/{BIG - 9}"
    assert "Newest" not in names(first)
    last = drawn(Area.CHANGES, panel(place=at(before=BIG - 9), changes=trail[:3]))
    assert names(last)[:1] == ["Newest"]
    assert "Older" not in names(last)


# ---------------------------------------------------------------- what was done


def test_what_is_different_now_stands_at_the_top() -> None:
    of = panel(channels=(ART,))
    mine = Change(1, GUILD, SAM, NOW, "kept_days", "5", "10")
    theirs = Change(0, GUILD, NOOR, NOW - 60, "kept_days", "30", "5")
    message = drawn(Area.PACE, replace(of, said=changed(of, [mine], [theirs])))
    label = EN.setting("kept_days")
    assert message.accent is Accent.DONE
    assert message.texts[0].startswith(f"**Changed**\n**{label}:** 5 → 10\nYou have replaced what <@{NOOR}> had set")
    assert f"**{label}:** 30 → 5" in message.texts[0]
    assert "it was so already" in changed(of, [], [])[0]


def test_whoever_is_overridden_is_told_by_whom_and_from_what_to_what() -> None:
    message = replaced_notice(panel(), [Change(1, GUILD, SAM, NOW, "kept_days", "5", "10")])
    assert text(message) == f"**<@{SAM}> has just changed what you had set.**\n**{EN.setting('kept_days')}:** 5 → 10"
    check(message)


def test_why_something_is_not_changed_stands_at_the_top_with_the_way_back() -> None:
    of = panel(problems=(Problem(ProblemCode.TIME_ZONE_UNKNOWN, "Mars"),), again=AGAIN)
    message = drawn(Area.BUDGETS, of)
    assert message.accent is Accent.FAILED
    assert message.texts[0].startswith("**Not changed**\nI do not know the time zone “Mars”.")
    assert "Change what you typed" in names(message)


# ---------------------------------------------------------------- forms


def test_every_figure_stands_on_one_page_and_in_one_form() -> None:
    shown = [name for figures in FIGURES_OF.values() for name in figures]
    assert sorted(shown) == sorted(FIGURES)
    assert all(area_of(name) is area for area, figures in FIGURES_OF.items() for name in figures)
    assert sorted(name for area in FIGURES_OF for form in forms_of(area) for name in form) == sorted(FIGURES)


def test_every_setting_has_a_name() -> None:
    for field in fields(Limits):
        assert EN.setting(field.name) != field.name


@pytest.mark.parametrize("area", FIGURES_OF)
def test_forms_of_figures_fit_and_are_filled_with_what_holds(area: Area) -> None:
    of = crowded()
    for number in range(len(forms_of(area))):
        form = figures_form(of, area, number, {})
        check_form(form)
        assert {getattr(field, "value", "") for field in form.fields} == {"1"}, "the ceiling"
        assert all("At most 1" in field.hint for field in form.fields)


def test_a_form_holds_what_was_typed_before() -> None:
    form = figures_form(panel(member_videos_per_day=3), Area.BUDGETS, 0, {"guild_credits_per_day": "lots"})
    values = {field.name: field.value for field in form.fields if isinstance(field, TextField)}
    assert values["guild_credits_per_day"] == "lots"
    assert values["member_videos_per_day"] == "3"
    assert values["member_credits_per_day"] == ""


def test_forms_fit() -> None:
    of = crowded()
    forms = (
        zone_form(of, {}),
        tier_form(of, BIG, {}),
        tier_form(of, 1, {}),
        block_form(BIG, {"reason": "x" * 300}),
        words_form(BIG, {"words": "x" * 4000}),
        trial_form(BIG),
        key_form(1_780_000_000, ("meigen",)),
        key_form(1_780_000_000, ("meigen", "meshy")),
    )
    for form in forms:
        check_form(form)


def test_the_form_of_a_tier_is_filled_with_what_the_role_has() -> None:
    form = tier_form(panel(tiers={ARTISTS: {Unit.VIDEOS: None, Unit.CREDITS: 200}}), ARTISTS, {})
    assert form.title == "What Artists may use"
    assert form.job_id == ARTISTS
    values = {field.name: field.value for field in form.fields if isinstance(field, TextField)}
    assert values == {"credits": "200", "pictures": "", "videos": "none"}


def test_a_key_is_typed_into_a_field_whose_name_keeps_it_out_of_the_log() -> None:
    (field,) = key_form(7, ("meigen",)).fields
    assert field.name == "key"
    _, choice = key_form(7, ("meigen", "meshy")).fields
    assert isinstance(choice, ChoiceField)
    assert [each.label for each in choice.options] == ["MeiGen", "Meshy"]
