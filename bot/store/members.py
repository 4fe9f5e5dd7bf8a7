"""What members chose for themselves."""

from __future__ import annotations

from bot.domain.pings import Notify
from bot.domain.preferences import Usual
from bot.store.units import Driver, Unit, do, one


class MemberStore:
    """Implements `bot.ports.Members`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def usual(self, user_id: int) -> Usual:
        return await self._driver.run(lambda: usual_of(user_id))

    async def choose(self, user_id: int, usual: Usual) -> None:
        await self._driver.run(lambda: choose(user_id, usual))


def usual_of(user_id: int) -> Unit[Usual]:
    row = yield from one("member", user_id=user_id)
    if row is None:
        return Usual()
    return Usual(
        Notify(row["notify"]), row["image_model"], row["video_model"], row["aspect_ratio"], bool(row["is_private"])
    )


def choose(user_id: int, usual: Usual) -> Unit[None]:
    yield from do(
        "save_member",
        user_id=user_id,
        notify=usual.notify,
        image_model=usual.image_model,
        video_model=usual.video_model,
        aspect_ratio=usual.aspect_ratio,
        is_private=int(usual.is_private),
    )
