"""What JSON of others is read with: a required field that is missing is named, an odd optional one counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

MESSAGE_MAX_CHARACTERS = 500


class Unreadable(ValueError):
    """An answer that is not of the documented shape; the text says where."""


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _message(value: object) -> str:
    """An error's text, on one line; of an object its `message`."""
    if isinstance(value, Mapping):
        value = value.get("message")
    return " ".join(value.split())[:MESSAGE_MAX_CHARACTERS] if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(text.strip() for text in value if isinstance(text, str) and text.strip()))


def _links(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in texts if text.startswith(("https://", "http://")))


def _flag(value: object) -> bool:
    return value is True


T = TypeVar("T")
Maybe = Annotated[T | None, WrapValidator(_or_none)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Links = Annotated[tuple[str, ...], BeforeValidator(_texts), AfterValidator(_links)]
Link = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^https?://")]
Message = Annotated[str, BeforeValidator(_message)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, Field(ge=0, le=10**9)]


class Payload(BaseModel):
    """Camel-case names; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, coerce_numbers_to_str=True)


P = TypeVar("P", bound=BaseModel)


def parse(shape: type[P], body: bytes) -> P:
    """`body` read as `shape`. Raises Unreadable, which names the first field that is missing or wrong."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the answer"
        raise Unreadable(f"{where}: {first['type']}") from None
