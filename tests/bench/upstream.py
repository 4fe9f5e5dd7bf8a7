"""The stand-in MeiGen in a process of its own. All times are of `time.monotonic`, which all processes share."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sandbox.meigen import Fault, FaultKind, SandboxMeigen, SeenRequest
from sandbox.meigen.engine import Generation
from tests.bench.remote import obey, options_given


class Upstream:
    """What the bench may ask for."""

    def __init__(self, meigen: SandboxMeigen) -> None:
        self._meigen = meigen
        self._offset_seconds = meigen.now() - time.monotonic()

    async def address(self) -> dict[str, str]:
        return {"base_url": self._meigen.base_url, "host": self._meigen.host, "key": self._meigen.key}

    async def finish_no_more(self) -> None:
        """Generations that begin from now on run without end."""
        self._meigen.faults.add(Fault(FaultKind.NEVER_FINISHES, times=None))

    async def accepted(self, count: int, seconds: float) -> None:
        """Wait until so many generations began. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self._meigen.engine.generations) < count:  # noqa: ASYNC110  the sandbox rings no bell
                await asyncio.sleep(0.02)

    async def generations(self) -> list[dict[str, Any]]:
        """Of each: prompt, posted_at, ready_at, polls, and told_at: when a poll was first answered with its end."""
        if self._meigen.own_faults:
            raise RuntimeError(f"faults of the stand-in: {self._meigen.own_faults}")
        seen = defaultdict(list)
        for request in self._meigen.requests:
            seen[request.generation_id].append(request)
        return [self._told(each, seen[each.id]) for each in self._meigen.generations.values()]

    def _told(self, generation: Generation, requests: Sequence[SeenRequest]) -> dict[str, Any]:
        posts = [request.received_at for request in requests if request.route == "generate"]
        polls = [request for request in requests if request.route == "status"]
        ends = [poll.answered_at for poll in polls if poll.answered_at and poll.received_at >= generation.ready_at]
        return {
            "prompt": generation.prompt,
            "posted_at": posts[0] - self._offset_seconds,
            "ready_at": generation.ready_at - self._offset_seconds,
            "polls": len(polls),
            "told_at": min(ends) - self._offset_seconds if ends else None,
        }


async def main() -> None:
    async with SandboxMeigen(**options_given()) as meigen:
        await obey(Upstream(meigen))


if __name__ == "__main__":
    asyncio.run(main())
