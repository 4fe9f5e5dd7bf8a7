"""Forms as Discord's modals, and the answers out of what it sends back."""

from __future__ import annotations

from typing import Any, cast

import discord

from bot.chat.forms import Answers, answers_of, modal
from bot.ui.messages import Action, ChoiceField, FileField, Form, Option, TextField

FULL = Form(
    Action.FORM,
    77,
    "Change before it starts",
    (
        TextField("prompt", "Prompt", "a cat", is_long=True),
        TextField("options", "Options", hint="As --ar 16:9", is_required=True),
        ChoiceField("model", "Model", (Option("Swift One", "swift-1", is_chosen=True), Option("Slow", "slow-1"))),
        FileField("references", "Pictures to go by", 5, "They take the place of those it had"),
    ),
)


def labelled(form: Form) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = modal(form).to_dict()["components"]
    return found


async def test_a_form_is_a_modal_of_labels() -> None:
    sent = modal(FULL).to_dict()
    assert (sent["title"], sent["custom_id"]) == ("Change before it starts", "easel:form:77")
    assert [part["type"] for part in sent["components"]] == [18] * 4
    assert [part["label"] for part in sent["components"]] == ["Prompt", "Options", "Model", "Pictures to go by"]
    assert [part.get("description") for part in sent["components"]] == [
        None,
        "As --ar 16:9",
        None,
        "They take the place of those it had",
    ]


async def test_a_text_is_filled_in_and_as_long_as_discord_takes() -> None:
    prompt, options, *_ = [part["component"] for part in labelled(FULL)]
    assert (prompt["type"], prompt["custom_id"], prompt["style"], prompt["value"]) == (4, "prompt", 2, "a cat")
    assert (prompt["max_length"], prompt["required"]) == (4000, False)
    assert (options["style"], options.get("value"), options["required"]) == (1, None, True)


async def test_a_text_may_be_short_and_say_what_is_wanted() -> None:
    (number,) = labelled(Form(Action.FORM, 1, "?", (TextField("n", "N", most_characters=6, placeholder="no limit"),)))
    assert (number["component"]["max_length"], number["component"]["placeholder"]) == (6, "no limit")
    (prompt, *_) = labelled(FULL)
    assert prompt["component"].get("placeholder") is None


async def test_a_choice_need_not_be_made() -> None:
    choice = labelled(FULL)[2]["component"]
    assert (choice["type"], choice["custom_id"], choice["required"]) == (3, "model", False)
    assert [(each["label"], each["value"], each["default"]) for each in choice["options"]] == [
        ("Swift One", "swift-1", True),
        ("Slow", "slow-1", False),
    ]


async def test_files_may_be_added_up_to_so_many() -> None:
    files = labelled(FULL)[3]["component"]
    assert (files["type"], files["custom_id"]) == (19, "references")
    assert (files["min_values"], files["max_values"], files["required"]) == (0, 5, False)


async def test_discord_py_keeps_no_form() -> None:
    assert modal(FULL).is_finished()


# ---------------------------------------------------------------- answers


FILE = {"id": "9", "filename": "cat.png", "size": 10, "url": "https://cdn.test/cat.png", "proxy_url": "https://p.test"}


def answered(*components: dict[str, Any], **resolved: Any) -> Answers:
    client = discord.Client(intents=discord.Intents.none())

    class Sent:
        """A modal that was handed in, as far as its answers go."""

        data = {"custom_id": "easel:form:77", "components": list(components), "resolved": resolved}  # noqa: RUF012  never changed
        _state = client._connection

    return answers_of(cast("Any", Sent()))


def label(component: dict[str, Any]) -> dict[str, Any]:
    return {"type": 18, "id": 1, "component": component}


async def test_texts_choices_and_files_are_told_by_their_fields() -> None:
    found = answered(
        label({"type": 4, "custom_id": "prompt", "value": "a dog"}),
        label({"type": 3, "custom_id": "model", "values": ["slow-1"]}),
        label({"type": 19, "custom_id": "references", "values": ["9"]}),
        attachments={"9": FILE},
    )
    assert found.texts == {"prompt": "a dog", "model": "slow-1"}
    (file,) = found.files["references"]
    assert (file.filename, file.url, file.size) == ("cat.png", "https://cdn.test/cat.png", 10)


async def test_what_was_left_empty_is_empty() -> None:
    found = answered(
        label({"type": 4, "custom_id": "prompt", "value": ""}),
        label({"type": 3, "custom_id": "model", "values": []}),
        label({"type": 19, "custom_id": "references", "values": []}),
    )
    assert found.texts == {"prompt": "", "model": ""}
    assert found.files == {"references": ()}


async def test_rows_of_an_older_client_are_read_as_well() -> None:
    found = answered({"type": 1, "components": [{"type": 4, "custom_id": "prompt", "value": "a dog"}]})
    assert found == Answers({"prompt": "a dog"}, {})


async def test_a_form_without_anything_in_it_has_no_answers() -> None:
    assert answered() == Answers({}, {})
