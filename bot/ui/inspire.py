"""Pictures of the gallery: one with all that is known of it, and the pages of a search."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.gallery import GalleryItem, GalleryPage
from bot.ui.markdown import escape, escape_within, one_line, plain, shorten
from bot.ui.messages import Accent, Action, Button, ButtonStyle, Entry, Message, Picture, Row
from bot.ui.texts import EN, Texts

PROMPT_SHOWN = 2500
"""Characters, once escaped; the rest of a message's 4,000 is for what stands around it."""
LEAST_SHOWN = 40
"""Less of a part is not worth beginning it."""
LABEL_LIMIT = 80
ENTRY_LIMIT = 240
ALT_LIMIT = 300
PICTURES_MAX = 10
"""Of a media gallery (Discord, Component Reference)."""
URL_LIMIT = 2048
"""Of a picture shown by its link (Discord, Unfurled Media Item)."""
NOTE_LIMIT = 60
PAGES_MAX = 1000
"""What a custom_id can count."""
# Plain http is for a gallery on this machine, as the demo has one.
_SHOWABLE = ("https://", "http://127.0.0.1:", "http://localhost:")


def draw_found(found: GalleryItem | GalleryPage, texts: Texts = EN) -> Message:
    return draw_page(found, texts) if isinstance(found, GalleryPage) else draw_item(found, texts=texts)


def draw_item(item: GalleryItem, *, shared_by_id: int | None = None, texts: Texts = EN) -> Message:
    """One picture, large. `shared_by_id`: the member who shows it to everybody; None: it can still be shared."""
    prompt, is_whole = _prompt(item)
    prompt = prompt if prompt.strip() else ""
    urls = _urls(item)
    paragraphs = (
        _author(item, texts),
        prompt or texts.no_prompt,
        "" if is_whole else texts.prompt_cut(len(item.readable.sendable)),
        texts.not_a_prompt if prompt and not item.has_usable_prompt else "",
        texts.pictures_left_out(len(urls) - PICTURES_MAX) if len(urls) > PICTURES_MAX else "",
        _details(item, texts),
        "" if shared_by_id is None else texts.shared_by(shared_by_id),
    )
    return Message(
        Accent.DONE,
        tuple(paragraph for paragraph in paragraphs if paragraph),
        gallery=tuple(Picture(url, _alt(item)) for url in urls[:PICTURES_MAX]),
        rows=tuple(_rows(item, texts, is_shared=shared_by_id is not None)),
    )


def _rows(item: GalleryItem, texts: Texts, *, is_shared: bool) -> Iterator[Row]:
    if not _fits_a_button(item):
        return
    buttons: list[Button] = []
    if item.has_usable_prompt:
        buttons.append(_button(Action.USE_PROMPT, item, texts.use_prompt, ButtonStyle.PRIMARY))
        buttons.append(_button(Action.AS_IT_IS, item, texts.as_it_is))
    if not is_shared:
        buttons.append(_button(Action.SHARE, item, texts.share))
    if buttons:
        yield tuple(buttons)


def _button(action: Action, item: GalleryItem, label: str, style: ButtonStyle = ButtonStyle.SECONDARY) -> Button:
    return Button(action, 0, label, style, index=1, note=item.id)


def _fits_a_button(item: GalleryItem) -> bool:
    return 0 < len(item.id) <= NOTE_LIMIT and item.id.isprintable()


def _urls(item: GalleryItem) -> list[str]:
    urls = item.media_urls or ((item.thumbnail_url,) if item.thumbnail_url else ())
    return [url for url in dict.fromkeys(urls) if _is_showable(url)]


def _is_showable(url: str) -> bool:
    return url.startswith(_SHOWABLE) and len(url) <= URL_LIMIT and not any(each.isspace() for each in url)


def _alt(item: GalleryItem) -> str:
    return shorten(" ".join(plain(item.readable.sendable).split()), ALT_LIMIT)


# ---------------------------------------------------------------- texts


def _prompt(item: GalleryItem) -> tuple[str, bool]:
    """The prompt part by part, and whether that is all of it."""
    lines: list[str] = []
    room = PROMPT_SHOWN
    for part in item.readable.segments:
        label = f"**{one_line(part.label[:1].upper() + part.label[1:], LABEL_LIMIT)}:** " if part.label else ""
        line = label + escape(part.text)
        if len(line) > room:
            rest = room - len(label)
            if rest >= LEAST_SHOWN:
                lines.append(label + escape_within(part.text, rest))
            return "\n".join(lines), False
        lines.append(line)
        room -= len(line) + 1
    return "\n".join(lines), True


def _author(item: GalleryItem, texts: Texts) -> str:
    name = one_line(item.author_name or item.author_username or "", LABEL_LIMIT)
    username = one_line(item.author_username or "", LABEL_LIMIT)
    return texts.author(name, "" if username.casefold() == name.casefold() else username) if name else texts.no_author


def _details(item: GalleryItem, texts: Texts) -> str:
    family = item.model_family or ""
    facts = (
        texts.families.get(family) or one_line(family, LABEL_LIMIT),
        "" if item.sref is None else f"--sref {one_line(item.sref, LABEL_LIMIT)}",
        "" if item.likes is None else texts.likes(item.likes),
        "" if item.views is None else texts.views(item.views),
        "" if item.created_at is None else texts.on_day(item.created_at),
    )
    told = " · ".join(fact for fact in facts if fact)
    return f"-# {told}" if told else ""


# ---------------------------------------------------------------- pages


def draw_page(page: GalleryPage, texts: Texts = EN) -> Message:
    """What a search found, with a way to each picture and to the pages around it."""
    words = escape(page.words)
    if not page.items:
        said = texts.nothing_more(words) if page.number else texts.nothing_found(words)
        return Message(Accent.STOPPED, (said,), rows=tuple(_turning(page, texts)))
    return Message(
        Accent.WAITING,
        (texts.found(words, page.number + 1),),
        entries=tuple(_entry(item, texts) for item in page.items),
        rows=tuple(_turning(page, texts)),
    )


def _entry(item: GalleryItem, texts: Texts) -> Entry:
    words = " · ".join(map(str, item.readable.segments))
    lines = (one_line(words, ENTRY_LIMIT) or texts.no_prompt, _author(item, texts), _details(item, texts))
    url = next((url for url in (item.thumbnail_url, *item.media_urls) if url and _is_showable(url)), None)
    return Entry(
        "\n".join(line for line in lines if line),
        None if url is None else Picture(url, _alt(item)),
        (_button(Action.LOOK, item, texts.look),) if _fits_a_button(item) else (),
    )


def _turning(page: GalleryPage, texts: Texts) -> Iterator[Row]:
    numbers = [(texts.earlier, page.number - 1)] if page.number else []
    if page.has_more and page.number + 1 < PAGES_MAX:
        numbers.append((texts.later, page.number + 1))
    if numbers:
        yield tuple(Button(Action.INSPIRE, 0, label, index=number, note=page.words) for label, number in numbers)
