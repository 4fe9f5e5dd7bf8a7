from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.keys import KEY_FIELD
from bot.logs import QUIET_LOGGERS, Masker, conceal, configure_logging

BOT_TOKEN = "MTE3NjU0MzIxMDk4NzY1NDMyMQ.GxAbCd.abcdefghijklmnopqrstuvwxyz0123456789ab"
INTERACTION_TOKEN = "aW50ZXJhY3Rpb246MTE3NjU0MzIxMDk4NzY1NDMyMTphYmNkZWY"
MEIGEN_KEY = "meigen_sk_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
SIGNED_LINK = "https://cdn.example/a/b.png?ex=6650&hm=c0ffee"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged at DEBUG in a test; afterwards the root logger is as before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in QUIET_LOGGERS}
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("authorization: Bot abc", "authorization: Bot ***"),
        ("{'Authorization': 'Bearer abc', 'x': 1}", "{'Authorization': 'Bearer ***', 'x': 1}"),
        ('"authorization": "abc"', '"authorization": "***"'),
        ("[(b'Authorization', b'Bearer abc'), (b'x', b'y')]", "[(b'Authorization', b'Bearer ***'), (b'x', b'y')]"),
        ("sent bearer abcdefgh12", "sent bearer ***"),
        (f"key {MEIGEN_KEY}.", "key meigen_sk_***."),
        (f"token={BOT_TOKEN}", "token=***"),
        (f"got {INTERACTION_TOKEN}!", "got ***!"),
        (
            "PATCH https://discord.com/api/v10/webhooks/12/short-one/messages/@original done",
            "PATCH https://discord.com/api/v10/webhooks/12/***/messages/@original done",
        ),
        ("POST /interactions/12/short-one/callback", "POST /interactions/12/***/callback"),
        ("POST /webhooks/12/short-one?wait=true", "POST /webhooks/12/***?wait=true"),
        ("{'token': 'short-one', 'id': 1}", "{'token': '***', 'id': 1}"),
        ('{"token":"short-one"}', '{"token":"***"}'),
        (f"got {SIGNED_LINK} at once", "got https://cdn.example/a/b.png?*** at once"),
        (f"<Request('GET', '{SIGNED_LINK}')>", "<Request('GET', 'https://cdn.example/a/b.png?***')>"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert Masker().mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Authorization is not there",
        "job 7191337600000000 moved from queued to submitting",
        "GET https://www.meigen.ai/api/models 200",
        "a bearer of news",
        "bot.pipeline.dispatcher started, discord.py 2.7.1, 12 tokens left",
        "/webhooks/12",
        "what? a question",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Masker(["hush-hush"]).mask(text) == text


@given(st.text(), st.text(), st.text(st.characters(categories=["L", "N", "P"]), min_size=6))
def test_a_known_secret_never_shows(before: str, after: str, secret: str) -> None:
    masked = Masker([secret, secret[:6]]).mask(before + secret + after)
    assert secret not in masked.replace("***", "")


def test_a_secret_too_short_to_be_one_masks_nothing() -> None:
    assert Masker(["", "a"]).mask("a banana") == "a banana"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Masker(["secret", "secret-and-more"]).mask("secret-and-more") == "***"


def test_what_is_concealed_later_is_masked_from_then_on() -> None:
    masker = Masker(["hush-hush"])
    assert masker.mask("a-key-of-a-guild") == "a-key-of-a-guild"
    masker.conceal("a-key-of-a-guild")
    masker.conceal("a-key-of-a-guild-and-more")
    masker.conceal("a")
    assert masker.mask("a-key-of-a-guild, hush-hush, a-key-of-a-guild-and-more, a") == "***, ***, ***, a"


def test_keys_that_are_known_by_their_looks_cost_nothing_more() -> None:
    masker = Masker()
    for number in range(1000):
        masker.conceal(f"{MEIGEN_KEY}{number}")
    assert masker._known is None
    assert masker.mask(f"x{MEIGEN_KEY}7!") == "xmeigen_sk_***!"


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_is_concealed_stands_in_no_line_any_more(stream: io.StringIO, log_format: str) -> None:
    configure_logging("DEBUG", "json" if log_format == "json" else "console", [], stream)
    conceal("a-key-of-a-guild")
    logging.getLogger("bot.app").info("with %s", "a-key-of-a-guild")
    assert "a-key-of-a-guild" not in stream.getvalue()
    assert "with ***" in stream.getvalue()


# ---- what is typed into a form's field for a key

TYPED = (
    "no-usual-key-1234",
    "it's no usual key",
    'both "it\'s" and this',
    "{'custom_id': 'prompt'}",
    "back\\slash\\",
    "two\nlines",
    "'",
    '"',
    "umlaut-\u00fc-1234",
    "",
)


@pytest.mark.parametrize("is_value_first", [True, False])
@pytest.mark.parametrize("show", [repr, json.dumps, lambda event: json.dumps(event, ensure_ascii=False)])
@pytest.mark.parametrize("typed", TYPED)
def test_a_typed_key_is_masked_whatever_it_looks_like(
    typed: str,
    show: Callable[[object], str],
    is_value_first: bool,  # noqa: FBT001  a parameter
) -> None:
    """As discord.py logs an event: `WebSocket Event: {…}`."""
    field = {"type": 4, "id": 2, "custom_id": KEY_FIELD, "value": typed}
    if is_value_first:
        field = dict(reversed(field.items()))
    other = {"type": 4, "custom_id": "prompt", "value": "a cat"}
    components = [{"type": 18, "component": each} for each in (other, field, other)]
    text = show({"t": "INTERACTION_CREATE", "d": {"data": {"custom_id": "easel:key:1", "components": components}}})
    masked = Masker().mask(text)
    assert masked == text.replace(show(typed), "***")
    assert masked.count("a cat") == 2
    assert "***" in masked


def test_a_field_of_another_name_and_other_values_stay() -> None:
    event = {"component": {"custom_id": "keyword", "value": "a cat"}, "id": {"custom_id": "easel:key:1", "value": 7}}
    assert Masker().mask(repr(event)) == repr(event)


def test_console_lines_are_for_reading(stream: io.StringIO) -> None:
    configure_logging("INFO", "console", ["hush-hush"], stream)
    logging.getLogger("bot.app").info("Ready as %s with %s", "Easel", "hush-hush")
    logging.getLogger("bot.app").debug("not shown")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("INFO    bot.app: Ready as Easel with ***")


def test_json_lines_have_the_same_fields_each(stream: io.StringIO) -> None:
    configure_logging("DEBUG", "json", ["hush-hush"], stream)
    logging.getLogger("bot.app").warning('a "quoted"\nline with hush-hush ✓')
    logging.getLogger("bot.app").info("next")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("WARNING", "bot.app")
    assert first["message"] == 'a "quoted"\nline with *** ✓'
    assert datetime.fromisoformat(first["time"]).tzinfo is not None
    assert set(first) == set(second) == {"time", "level", "logger", "message"}


def fetch_badly() -> None:
    try:
        int("hush-hush")
    except ValueError as error:
        raise RuntimeError(f"could not fetch {SIGNED_LINK}") from error


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_tracebacks_and_what_caused_them_are_masked(stream: io.StringIO, log_format: str) -> None:
    configure_logging("DEBUG", "json" if log_format == "json" else "console", ["hush-hush"], stream)
    try:
        fetch_badly()
    except RuntimeError:
        logging.getLogger("bot.app").exception("It broke")
    text = stream.getvalue()
    assert "hush-hush" not in text
    assert "c0ffee" not in text
    assert "RuntimeError: could not fetch https://cdn.example/a/b.png?***" in text
    assert "invalid literal for int() with base 10: '***'" in text
    if log_format == "json":
        (line,) = text.splitlines()
        assert "ValueError" in json.loads(line)["exception"]


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"asked": request.url.path})


def ask_with_secrets() -> None:
    headers = {"Authorization": f"Bearer {MEIGEN_KEY}"}
    with httpx.Client(transport=httpx.MockTransport(answer), headers=headers) as client:
        client.get(SIGNED_LINK)
        client.patch(f"https://discord.example/api/v10/webhooks/12/{INTERACTION_TOKEN}/messages/@original")


def test_httpx_does_not_tell_of_each_request(stream: io.StringIO) -> None:
    configure_logging("DEBUG", "console", [MEIGEN_KEY], stream)
    ask_with_secrets()
    assert stream.getvalue() == ""


def test_what_httpx_tells_at_debug_is_masked(stream: io.StringIO) -> None:
    configure_logging("DEBUG", "console", [], stream)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    ask_with_secrets()
    text = stream.getvalue()
    assert "https://cdn.example/a/b.png?***" in text
    assert "/webhooks/12/***/messages/@original" in text
    for secret in (MEIGEN_KEY, INTERACTION_TOKEN, "c0ffee"):
        assert secret not in text


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_discord_tells_at_debug_is_masked(stream: io.StringIO, log_format: str) -> None:
    """With the words of discord.py's own gateway and HTTP loggers."""
    configure_logging("DEBUG", "json" if log_format == "json" else "console", [], stream)
    event = {"t": "INTERACTION_CREATE", "d": {"token": "no-usual-token", "data": {"name": "imagine"}}}
    logging.getLogger("discord.gateway").debug("For Shard ID %s: WebSocket Event: %s", 0, event)
    logging.getLogger("discord.http").debug(
        "%s %s with %s has returned %s",
        "PATCH",
        f"https://discord.com/api/v10/webhooks/12/{INTERACTION_TOKEN}/messages/@original",
        {"token": BOT_TOKEN},
        200,
    )
    text = stream.getvalue()
    for secret in ("no-usual-token", INTERACTION_TOKEN, BOT_TOKEN):
        assert secret not in text
    assert "imagine" in text


def test_without_a_stream_it_goes_to_standard_error(stream: io.StringIO) -> None:
    handler = configure_logging("INFO", "console", ())
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
    assert stream.getvalue() == ""
