from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import QUIET_LOGGERS, Masker, configure_logging

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
