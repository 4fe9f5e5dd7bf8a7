"""What must be true of all that was clicked on, asked for, charged and shown, whatever was done to the bot."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.ui.messages import Action
from sandbox.discord import Message, Outcome, RecordedRequest, SentInteraction
from tests.e2e.harness import ENDS, Stage, pictures_of, results, until
from tests.torture.visitors import Act, jobs_of

ANSWER_SECONDS = 3.0
READY_SECONDS = 1.0
"""So long after a connection stands its first events may take to get through, on a machine that is busy."""
WITH_MESSAGE = 4
"""Discord, Interaction Callback Type: a message at once."""
COMPARED = 30
"""So many jobs' files are compared to what was made: each is made anew for that, which takes its time."""
PROMISE_SECONDS = 5.0
"""So long a promise may take that the bot is killed over."""


@dataclass(slots=True)
class Troubles:
    """What was done to the bot. `away` are the times (epoch seconds) in which it was not connected."""

    away: list[tuple[float, float]] = field(default_factory=list)
    restarts: int = 0
    faults_discord: int = 0

    async def during(self, stage: Stage, trouble: Awaitable[object]) -> None:
        """Do it, and wait until the bot is connected again."""
        began_at = time.time()
        await trouble
        await until(lambda: stage.world.gateway.connected, 60, what="the bot to be connected again")
        self.away.append((began_at, time.time() + READY_SECONDS))

    def was_away(self, sent_at: float, seconds: float = ANSWER_SECONDS) -> bool:
        """Whether that was so at any time within `seconds` after `sent_at`."""
        return any(began_at <= sent_at + seconds and sent_at <= over_at for began_at, over_at in self.away)


class Judge:
    """Looks at all that was sent, asked for, charged and shown."""

    def __init__(self, stage: Stage, troubles: Troubles, acts: Sequence[Act]) -> None:
        self._stage = stage
        self._troubles = troubles
        self._acts = acts
        self._jobs = {job["id"]: job for job in stage.jobs()}
        self._requests = _by_token(stage.world.requests)
        self._looked_at = frozenset(list(self._jobs)[:: max(1, len(self._jobs) // COMPARED)])

    def violations(self) -> Iterator[str]:
        """Everything that is not as promised, a line each."""
        yield from (f"failed without reason: {self.name(sent)}" for sent in self.failed()["without_reason"])
        yield from self._refused_requests()
        yield from self._charges()
        yield from self._origins()
        yield from self._ends()
        yield from self._broken_promises()

    def name(self, sent: SentInteraction) -> str:
        """What was done, by whom and when."""
        known = (act.name for act in self._acts for step in act.steps if step.sent is sent)
        return f"{next(known, sent.command_name)} of {sent.user_id} at {sent.sent_at:.2f}"

    def failed(self) -> Mapping[str, Sequence[SentInteraction]]:
        """“This interaction failed”, by why."""
        found: dict[str, list[SentInteraction]] = {"while_away": [], "by_fault": [], "without_reason": []}
        for sent in self._stage.world.interactions:
            if sent.outcome is not Outcome.FAILED:
                continue
            was_away = self._troubles.was_away(sent.sent_at)
            reason = "while_away" if was_away else "by_fault" if self._was_disturbed(sent) else "without_reason"
            found[reason].append(sent)
        return found

    def _has_card(self, sent: SentInteraction) -> bool:
        """Whether it was answered with a message at once, as new jobs are; what comes later shows one of before."""
        requests = self._requests.get(sent.interaction.token, ())
        kinds = [each.body.get("type") for each in requests if each.path.endswith("/callback")]
        return kinds[:1] == [WITH_MESSAGE]

    def _was_disturbed(self, sent: SentInteraction) -> bool:
        """Whether a fault was put on a request of that interaction."""
        requests = self._requests.get(sent.interaction.token, ())
        return any(each.status is None or each.status == 429 or each.status >= 500 for each in requests)

    def _refused_requests(self) -> Iterator[str]:
        """What Discord found wrong in itself; a repeated answer, after one that was lost, aside."""
        for each in self._stage.world.requests:
            code = each.answer.get("code") if isinstance(each.answer, dict) else None
            if each.status in (400, 403, 413) and code != 40060:
                yield f"refused: {each.method} {each.path[:60]}: {each.answer}"

    def _charges(self) -> Iterator[str]:
        """Each generation is one job's; where the answer was lost, that of a job of which nobody knows."""
        made = self._stage.meigen.generations
        claimed = Counter(job["generation_id"] for job in self._jobs.values() if job["generation_id"] is not None)
        yield from (f"{count} jobs have generation {key}" for key, count in claimed.items() if count > 1)
        yield from (f"no such generation: {key}" for key in claimed if key not in made)
        # Of what its member has had forgotten the words are gone.
        unknown = Counter(
            "" if job["forget_asked_at"] else job["prompt"] for job in self._jobs.values() if job["state"] == "unknown"
        )
        for generation in (each for key, each in made.items() if key not in claimed):
            prompt = generation.prompt if unknown[generation.prompt] else ""
            unknown[prompt] -= 1
            if unknown[prompt] < 0:
                yield f"charged for no job: {generation.prompt!r}"

    def _origins(self) -> Iterator[str]:
        """Each job that was sent comes from one command or click, and none of these made two."""
        shown = {card["message_id"]: card["job_id"] for card in self._stage.rows("cards")}
        origins: defaultdict[int, list[str]] = defaultdict(list)
        for act in self._acts:
            cards = [step for step in act.steps if self._has_card(step.sent)]
            jobs = {number for step in cards for number in step.job_ids}
            jobs |= {shown[message_id] for step in cards if (message_id := step.sent.interaction.message_id) in shown}
            for number in jobs:
                origins[number].append(act.name)
            if len(jobs) > 1:
                yield f"{len(jobs)} jobs of one {act.name}: {sorted(jobs)}"
        for number, job in self._jobs.items():
            if job["submitted_at"] is not None and len(origins[number]) != 1:
                yield f"job {number} comes of {origins[number]}: {job['prompt']!r}"
        yield from (f"a card of no job: {number}" for number in origins if number not in self._jobs)

    def _ends(self) -> Iterator[str]:
        """The card of each job tells its end, and shows what was made."""
        deleted = {
            step.sent.interaction.source_message_id
            for act in self._acts
            for step in act.steps
            if act.name == f"button {Action.DELETE}"
        }
        for step in (step for act in self._acts for step in act.steps):
            number, card = next(iter(step.job_ids), None), step.sent.message
            if number not in self._jobs or not self._has_card(step.sent):
                continue
            if card is None:
                if step.sent.interaction.message_id not in deleted:
                    yield f"the card of job {number} is gone"
            elif number in jobs_of(card):
                yield from (f"job {number}: {problem}" for problem in self._problems(card, self._jobs[number]))

    def _problems(self, card: Message, job: Mapping[str, Any]) -> Iterator[str]:
        if card.accent_color not in ENDS:
            yield f"no end is shown, though it is {job['state']}: {card.text!r}"
        if job["state"] != "succeeded" or job["cancel_asked_at"] is not None or job["forget_asked_at"] is not None:
            return
        files = results(card)
        if not all(file.filename.startswith(f"easel-{job['id']}-") for file in files):
            yield f"files of others: {[file.filename for file in files]}"
        # Videos are not encoded twice to the same bytes.
        if files and job["id"] in self._looked_at and job["medium"] == "image":
            made = pictures_of(self._stage.meigen.generations[job["generation_id"]])
            if [file.data for file in files] != made:
                yield f"not what was made: {[file.filename for file in files]}"
        if not files and "http" not in card.text:
            yield f"no result is shown: {card.text!r}"

    def _broken_promises(self) -> Iterator[str]:
        """What was to come and never came, though the bot lived and no fault was put on it."""
        for sent in self._stage.world.interactions:
            message = sent.message
            if message is None or not message.loading:
                continue
            if not self._was_disturbed(sent) and not self._troubles.was_away(sent.sent_at, PROMISE_SECONDS):
                yield f"promised and never brought: {self.name(sent)}"


def _by_token(requests: Sequence[RecordedRequest]) -> Mapping[str, Sequence[RecordedRequest]]:
    """The requests of each interaction."""
    found: dict[str, list[RecordedRequest]] = {}
    for each in requests:
        parts = each.path.split("/")
        if len(parts) > 3 and parts[1] in ("interactions", "webhooks"):
            found.setdefault(parts[3], []).append(each)
    return found
