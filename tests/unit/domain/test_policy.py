"""Who may ask for one more."""

from __future__ import annotations

import pytest

from bot.domain.policy import Limits, Load, verdict
from bot.domain.problems import Problem, ProblemCode

LIMITS = Limits(queued_per_member=3, queued_per_guild=10)
MEMBER_FULL = Problem(ProblemCode.QUEUE_FULL_MEMBER, "3", limit=3)
GUILD_FULL = Problem(ProblemCode.QUEUE_FULL_GUILD, limit=10)


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load(0, 0), ()),
        (Load(2, 9), ()),
        (Load(3, 9), (MEMBER_FULL,)),
        (Load(2, 10), (GUILD_FULL,)),
        (Load(3, 10), (MEMBER_FULL, GUILD_FULL)),
        (Load(0, 11), (GUILD_FULL,)),
        (Load(4, 4), (Problem(ProblemCode.QUEUE_FULL_MEMBER, "4", limit=3),)),
        (Load(0, 10, 80.4), (Problem(ProblemCode.QUEUE_FULL_GUILD, "80", limit=10),)),
        (Load(0, 10, 0.2), (Problem(ProblemCode.QUEUE_FULL_GUILD, "0", limit=10),)),
    ],
)
def test_every_reason_against_one_more(load: Load, expected: tuple[Problem, ...]) -> None:
    assert tuple(verdict(LIMITS, load)) == expected


def test_one_member_alone_cannot_fill_the_line_of_a_guild() -> None:
    assert Limits().queued_per_member < Limits().queued_per_guild
