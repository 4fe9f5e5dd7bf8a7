"""The card of a job: a pure function from what is known of it to a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from bot.domain.catalog import Medium
from bot.domain.flags import flags_of
from bot.domain.gate import PauseReason
from bot.domain.jobs import Failure, FailureCode, Job, JobState
from bot.domain.progress import round_down
from bot.domain.requests import GenerationRequest
from bot.domain.views import CardView, ShownMedia, ShownReference
from bot.ui.drafts import choices_of, is_balance_low
from bot.ui.markdown import link, one_line, plain, prompt_block, shorten
from bot.ui.messages import Accent, Kept, Message, Picture, Upload
from bot.ui.rows import rows
from bot.ui.texts import EN, Texts

ALT_LIMIT = 1024
TEXT_LIMIT = 4000
PROMPT_LIMIT = 2000
LINKS_LIMIT = 1500
CHOICE_LIMIT = 200
MARGIN = 100
"""For what the renderer puts around the captions of references."""
PROBLEMS_SHOWN, PROBLEM_LIMIT = 3, 400
URL_LIMIT = 2048
"""Of a picture shown by its link (Discord, Unfurled Media Item)."""
RESULT_LIMIT = 5
REFERENCE_LIMIT = 5
"""Together the ten attachments of a message."""
PARTS_LIMIT = 8
"""So many links to parts fit beside a prompt."""
LATE_LOOKS_SECONDS = 30 * 60
RESULT_FILE = r"easel-(?P<job_id>[0-9]+)-(?P<number>[0-9]+)\."
"""How the name of a result's file begins."""

ACCENTS = {
    JobState.OFFERED: Accent.WAITING,
    JobState.QUEUED: Accent.WAITING,
    JobState.SUBMITTING: Accent.WORKING,
    JobState.RUNNING: Accent.WORKING,
    JobState.SUCCEEDED: Accent.DONE,
    JobState.FAILED: Accent.FAILED,
    JobState.CANCELLED: Accent.STOPPED,
    JobState.TIMED_OUT: Accent.UNSURE,
    JobState.UNKNOWN: Accent.UNSURE,
}
_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
}


def draw(view: CardView, texts: Texts = EN) -> Message:
    """What Discord shows of a job; within its limits whatever the prompt, the upstream's words and its links are."""
    job = view.job
    if job.forget_asked_at is not None:
        return _forgotten(view, texts)
    mention = _mention(view, texts)
    standing = standing_of(view, texts)
    links, facts, origin = _links(view, texts), details(view, texts), _origin(view, texts)
    references = _references(view, texts)
    taken = sum(map(len, (mention, standing, links, facts, origin, *(picture.description for picture in references))))
    prompt = prompt_block(job.request.prompt, min(PROMPT_LIMIT, TEXT_LIMIT - MARGIN - taken))
    uploads = _uploads(view, texts)
    return Message(
        accent=ACCENTS[job.state],
        texts=tuple(text for text in (mention, prompt, standing, links, facts, origin) if text),
        gallery=tuple(Picture(f"attachment://{file.filename}", file.description, view.is_spoiler) for file in uploads),
        references=references,
        rows=rows(view, texts),
        attachments=(*uploads, *_reference_files(view)),
        mention_user_id=job.user_id if mention else None,
    )


def _forgotten(view: CardView, texts: Texts) -> Message:
    """Nothing of its words: they may be gone already."""
    is_over = view.job.is_final
    accent = Accent.STOPPED if is_over else ACCENTS[view.job.state]
    return Message(accent, (texts.forgotten_card(is_over=is_over),), rows=rows(view, texts))


# ---------------------------------------------------------------- texts


def standing_of(view: CardView, texts: Texts = EN) -> str:
    """Where the job stands, in a line or a few."""
    return _over(view, texts) if view.job.is_final else _under_way(view, texts)


def _mention(view: CardView, texts: Texts) -> str:
    job = view.job
    if not view.mentions_member or job.is_private:
        return ""
    return texts.mention(job.user_id, job.state)


def ping_text(job: Job, texts: Texts = EN) -> str:
    """What the short reply says that pings the member."""
    return texts.mention(job.user_id, job.state)


def _under_way(view: CardView, texts: Texts) -> str:
    match view.job.state:
        case JobState.RUNNING:
            return _running(view, texts)
        case JobState.SUBMITTING:
            return texts.submitting() if view.job.cancel_asked_at is None else texts.cancelling()
        case _:
            return _waiting(view, texts)


def _over(view: CardView, texts: Texts) -> str:
    job = view.job
    match job.state:
        case JobState.SUCCEEDED:
            return _succeeded(view, texts)
        case JobState.TIMED_OUT:
            usual_seconds = None if view.pace is None else view.pace.half_seconds
            return texts.timed_out(usual_seconds, (job.finished_at or view.now) + LATE_LOOKS_SECONDS)
        case JobState.UNKNOWN:
            return texts.unknown()
        case _:
            return _ended(job, texts.cancelled if job.state is JobState.CANCELLED else texts.failed, texts)


def _waiting(view: CardView, texts: Texts) -> str:
    waiting = view.waiting
    if view.job.cancel_asked_at is not None:
        return texts.cancelling()
    if waiting is None:
        return texts.joining()
    is_known = waiting.wait_seconds is not None and waiting.pause_reason in (None, PauseReason.RATE_LIMITED)
    begins_at = view.now + (waiting.wait_seconds or 0.0) if is_known else None
    place = texts.queued(waiting.position, begins_at)
    lines = [place]
    if waiting.hold is not None:
        lines.append(texts.holds[waiting.hold])
    elif waiting.pause_reason is not None:
        lines.append(texts.paused(waiting.pause_reason, waiting.paused_until, is_own_key=view.is_own_key))
    if is_balance_low(view.job.reserved_credits, view.balance_credits):
        assert view.balance_credits is not None
        lines.append(texts.balance_low(view.balance_credits))
    return "\n".join(lines)


def _running(view: CardView, texts: Texts) -> str:
    job = view.job
    if job.preceding_tasks is not None:
        return texts.waiting_upstream(job.preceding_tasks) if job.cancel_asked_at is None else texts.cancelling()
    lines = [texts.running(_cells(view), job.progress_percent)]
    if view.pace is not None:
        usual_seconds = view.pace.half_seconds
        done_at = view.now - view.running_seconds + usual_seconds
        lines.append(texts.usually_done(done_at) if done_at > view.now else texts.slower_than_usual(usual_seconds))
    if job.cancel_asked_at is not None:
        lines.append(texts.paid_though_cancelled())
    return "\n".join(lines)


def _cells(view: CardView) -> int | None:
    """Of ten, as the upstream tells, else by the model's pace; None: nothing is known."""
    if view.job.progress_percent is not None:
        return round_down(view.job.progress_percent / 100)
    return None if view.pace is None else round_down(view.pace.part_after(view.running_seconds))


def _succeeded(view: CardView, texts: Texts) -> str:
    if view.job.cancel_asked_at is not None:
        return texts.finished_though_cancelled()
    ready = texts.succeeded(view.job.medium, len(view.media))
    if _is_one_of_many(view):
        assert view.only is not None
        ready = texts.one_of(view.job.medium, view.only, _count(view.job))
    if view.media and all(media.is_gone for media in view.media):
        return texts.made_and_gone(view.job.medium)
    return ready if view.media else f"{ready}\n{texts.nothing_to_show()}"


def _ended(job: Job, title: str, texts: Texts) -> str:
    failure = job.failure or _FAILURES[job.state]
    lines = [title, texts.failure(failure.code, one_line(failure.message, 400))]
    lines += [shorten(texts.problem(problem), PROBLEM_LIMIT) for problem in failure.problems[:PROBLEMS_SHOWN]]
    if failure.code is FailureCode.OUT_OF_CREDITS:
        lines.append(texts.credits_short(failure.required_credits, failure.available_credits))
    if failure.supported_ratios:
        lines.append(texts.supported_ratios(failure.supported_ratios))
    is_told = failure.code is not FailureCode.CANCELLED_UPSTREAM
    began = job.generation_id is not None
    lines.append(texts.refund(job.charged_credits, job.reserved_credits, began=began) if is_told else texts.no_refund())
    return "\n".join(lines)


_FAILURES = {
    JobState.FAILED: Failure(FailureCode.GENERATION_FAILED),
    JobState.CANCELLED: Failure(FailureCode.CANCELLED_BY_MEMBER),
}
"""What is told where no reason was stored."""


def _links(view: CardView, texts: Texts) -> str:
    """A line for each result that is not attached, and for every video."""
    lines: list[str] = []
    used = 0
    for number, media in enumerate(_shown(view), 1):
        if media.path is not None and view.job.medium is not Medium.VIDEO:
            continue
        line = _media_line(view.job, media, texts.item(view.job.medium, number, len(_shown(view))), texts)
        used += len(line) + 1
        if used > LINKS_LIMIT:
            break
        lines.append(line)
    return "\n".join(lines)


def _media_line(job: Job, media: ShownMedia, item: str, texts: Texts) -> str:
    if media.is_gone:
        return texts.gone(item)
    linked, until = link(item, media.url), None if job.result is None else job.result.expires_at
    if media.path is not None:
        return texts.linked(linked, until)
    return texts.too_large(linked, until) if media.is_too_large else texts.not_brought(linked, until)


def details(view: CardView, texts: Texts = EN) -> str:
    """Model, choices and cost, in one small line."""
    job, request = view.job, view.job.request
    ratio = (job.result and job.result.aspect_ratio) or request.aspect_ratio
    choices = (
        _model_name(view, texts),
        *choices_of(replace(request, aspect_ratio=ratio), texts),
        _seconds(view, texts),
        _flags(request),
    )
    return "-# " + " · ".join([*(one_line(choice, CHOICE_LIMIT) for choice in choices if choice), _cost(view, texts)])


def _seconds(view: CardView, texts: Texts) -> str:
    """How long a video is, by the model's default where nothing was chosen; "" where that is not known."""
    default = None if view.model is None else view.model.default_duration
    seconds = view.job.request.duration_seconds or default
    return texts.durations((seconds,)) if seconds is not None and view.job.medium is Medium.VIDEO else ""


def _flags(request: GenerationRequest) -> str:
    """What was chosen for Midjourney, as it can be typed again."""
    return flags_of(GenerationRequest("", reference_type=request.reference_type, midjourney=request.midjourney))


def _origin(view: CardView, texts: Texts) -> str:
    """What it goes on from: of a video its parts, else the job before."""
    if view.job.request.reference_video is None:
        url = view.ancestors[-1].url if view.ancestors else None
        return texts.comes_from(url) if url else ""
    parts = [each for each in view.ancestors if each.is_source]
    links = [(number, each.url) for number, each in enumerate(parts, 1) if each.url]
    return texts.goes_on_from(links[-PARTS_LIMIT:])


def _model_name(view: CardView, texts: Texts) -> str:
    return view.model.name if view.model is not None else view.job.model_id or texts.default_model


def _cost(view: CardView, texts: Texts) -> str:
    job = view.job
    if job.charged_credits is None:
        return texts.cost(job.reserved_credits)
    charged = texts.charged(job.charged_credits)
    return texts.for_all(charged, _count(job)) if _is_one_of_many(view) else charged


def _is_one_of_many(view: CardView) -> bool:
    """Whether it is an enlarged candidate, which cost nothing more."""
    return view.only is not None and _count(view.job) > 1


def _count(job: Job) -> int:
    return 0 if job.result is None else len(job.result.media_urls)


# ---------------------------------------------------------------- pictures


def _shown(view: CardView) -> Sequence[ShownMedia]:
    """The results that a card may show: none of a job whose member did not want it any more."""
    return () if view.job.cancel_asked_at is not None else view.media[:RESULT_LIMIT]


def _uploads(view: CardView, texts: Texts) -> tuple[Upload, ...]:
    job, shown = view.job, _shown(view)
    return tuple(
        Upload(
            media.path,
            f"easel-{job.id}-{view.only or number}.{_extension(media.content_type, media.path.name)}",
            _alt(texts.alt(texts.item(job.medium, number, len(shown)), job.request.prompt)),
        )
        for number, media in enumerate(shown, 1)
        if media.path is not None
    )


def _alt(text: str) -> str:
    return shorten(" ".join(plain(text).split()), ALT_LIMIT)


def _references(view: CardView, texts: Texts) -> tuple[Picture, ...]:
    shown = view.references[:REFERENCE_LIMIT]
    return tuple(
        Picture(_reference_url(reference, number), _label(view, number, len(shown), texts), view.is_spoiler)
        for number, reference in enumerate(shown, 1)
        if _is_showable(reference)
    )


def _label(view: CardView, number: int, count: int, texts: Texts) -> str:
    """A video model that takes two pictures begins with the one and ends with the other (MeiGen API, Models)."""
    is_frame = view.model is not None and view.model.takes_frames
    return texts.frame(number) if is_frame else texts.reference(number, count)


def _is_showable(reference: ShownReference) -> bool:
    is_attached = reference.path is not None or reference.attachment_id is not None
    return is_attached or (reference.url.startswith("https://") and len(reference.url) <= URL_LIMIT)


def _reference_url(reference: ShownReference, number: int) -> str:
    if reference.path is not None:
        return f"attachment://{_reference_name(reference, number)}"
    return f"attachment://{reference.filename}" if reference.attachment_id is not None else reference.url


def _reference_name(reference: ShownReference, number: int) -> str:
    return f"reference-{number}.{_extension('', reference.filename)}"


def _reference_files(view: CardView) -> list[Upload | Kept]:
    files: list[Upload | Kept] = []
    for number, reference in enumerate(view.references[:REFERENCE_LIMIT], 1):
        if reference.path is not None:
            files.append(Upload(reference.path, _reference_name(reference, number)))
        elif reference.attachment_id is not None:
            files.append(Kept(reference.attachment_id, reference.filename, reference.url))
    return files


def _extension(content_type: str, filename: str) -> str:
    """Of letters and digits alone, since Discord changes other names, which then are not found by `attachment://`."""
    known = _EXTENSIONS.get(content_type.partition(";")[0].strip().lower())
    given = PurePath(filename).suffix[1:].lower()
    return known or (given if given.isascii() and given.isalnum() else "bin")
