"""Checks the bot's requests against Discord's own API description, and against what that description leaves out.

The description stands beside the project and is no part of it; `needs_spec` skips tests where it is absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own
from jsonschema.validators import extend  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sandbox.discord import RecordedRequest
from tests.support.discord_rules import broken_rules

SPEC = Path(__file__).resolve().parents[3] / "shared" / "discord" / "openapi.json"

needs_spec = pytest.mark.skipif(not SPEC.exists(), reason=f"Discord's API description is not at {SPEC}")

_BASE = "urn:discord"

# Keys that discord.py always sends though the description does not name them there; Discord takes them.
_SENT_BY_DISCORD_PY = re.compile(
    r"""
      \[\]\.nsfw | nsfw                                        # commands
    | (data\.)?tts                                             # edits
    | (data\.)?embeds\[\]\.flags
    | (data\.)?attachments\[\]\.(url|proxy_url|size|spoiler|width|height|content_type)  # those that an edit keeps
    """,
    re.VERBOSE,
)

Schema = Mapping[str, Any]


def check_requests(requests: Iterable[RecordedRequest]) -> list[str]:
    """Everything in which the requests differ from what Discord describes, a line each; empty: all fit."""
    spec = load_spec()
    return [
        f"{request.method} {request.path}: {problem}"
        for request in requests
        for problem in list(spec.problems(request)) or broken_rules(request)  # rules need the shape to be right
    ]


@cache
def load_spec() -> DiscordSpec:
    text = SPEC.read_text(encoding="utf-8").replace('"$ref": "#/', f'"$ref": "{_BASE}#/')
    return DiscordSpec(json.loads(text))


class DiscordSpec:
    """The API description, with snowflakes loosened: Discord takes integers, which discord.py sends."""

    def __init__(self, document: dict[str, Any]) -> None:
        document["components"]["schemas"]["SnowflakeType"]["type"] = ["string", "integer"]
        self._registry: Registry[Any] = Registry().with_resource(_BASE, DRAFT202012.create_resource(document))
        resolver = self._registry.resolver()
        choices = {keyword: self._choice(keyword) for keyword in ("anyOf", "oneOf")}
        self._lookup = cache(lambda reference: resolver.lookup(reference).contents)
        self._validator_class = extend(Draft202012Validator, choices)
        self._paths = {tuple(path.strip("/").split("/")): item for path, item in document["paths"].items()}

    def problems(self, request: RecordedRequest) -> Iterator[str]:
        """Compare a request with its operation: path, query, body, and keys that the description does not name."""
        found = self._operation(request)
        if found is None:
            yield "Discord describes no such operation"
            return
        operation, parameters = found
        for name in request.query.keys() - parameters:
            yield f"unknown query parameter {name!r}"
        described = operation.get("requestBody")
        if described is None or request.body is None:
            if described is None and request.body is not None:
                yield "a body where none is described"
            if described is not None and described.get("required") and not request.files:
                yield "the body is missing"
            return
        schema = described["content"]["application/json"]["schema"]
        for error in self._validator(schema).iter_errors(request.body):
            yield f"{error.json_path}: {error.message[:300]}"
        yield from (f"key {name!r} is not described" for name in self._unnamed(request.body, schema, ""))

    def _operation(self, request: RecordedRequest) -> tuple[dict[str, Any], set[str]] | None:
        segments = request.path.strip("/").split("/")
        candidates = [path for path in self._paths if _fits(path, segments)]
        for path in sorted(candidates, key=lambda item: sum(part.startswith("{") for part in item)):
            operation = self._paths[path].get(request.method.lower())
            if operation is not None:
                parameters = [*self._paths[path].get("parameters", []), *operation.get("parameters", [])]
                return operation, {item["name"] for item in map(self._resolve, parameters)}
        return None

    def _validator(self, schema: Schema) -> Any:
        return self._validator_class(schema, registry=self._registry)

    def _choice(self, keyword: str) -> Any:
        """A choice looks only at what may fit: containers nest, and each level would double the work."""
        whole = Draft202012Validator.VALIDATORS[keyword]

        def validate(validator: Any, choices: list[Schema], value: Any, schema: Schema) -> Iterator[Any]:
            fitting = [part for part in choices if self._may_fit(value, part)]
            yield from whole(validator, fitting or choices, value, schema)

        return validate

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._lookup(schema["$ref"])
        return schema

    def _branches(self, value: Any, schema: Schema) -> Iterator[Schema]:
        """The schemas that speak of this value: of a choice those that it fits, or all where it fits none."""
        schema = self._resolve(schema)
        yield schema
        for part in schema.get("allOf", []):
            yield from self._branches(value, part)
        for choice in (schema.get("anyOf", []), schema.get("oneOf", [])):
            fitting = [part for part in choice if self._may_fit(value, part)]
            for part in fitting or choice:
                yield from self._branches(value, part)

    def _may_fit(self, value: Any, schema: Schema) -> bool:
        """Tell choices apart by type, required keys and constants: much faster than to validate at every depth."""
        schema = self._resolve(schema)
        kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
        kinds = schema.get("type", kind)
        if kind not in (kinds if isinstance(kinds, list) else [kinds]) and kind is not None:
            return False
        if kind != "object":
            return True
        constants = ((key, self._resolve(part)) for key, part in schema.get("properties", {}).items() if key in value)
        return all(key in value for key in schema.get("required", [])) and all(
            value[key] in part["enum"] if "enum" in part else value[key] == part.get("const", value[key])
            for key, part in constants
        )

    def _unnamed(self, value: Any, schema: Schema, path: str) -> Iterator[str]:
        branches = list(self._branches(value, schema))
        if isinstance(value, list):
            items = [branch["items"] for branch in branches if "items" in branch]
            for item in value if items else []:
                yield from self._unnamed(item, {"anyOf": items}, f"{path}[]")
        elif isinstance(value, dict):
            for key, inner in value.items():
                named = [part for branch in branches if (part := _property(branch, key)) is not None]
                where = f"{path}.{key}".lstrip(".")
                if named:
                    yield from self._unnamed(inner, {"anyOf": named}, where)
                elif not _SENT_BY_DISCORD_PY.fullmatch(where):
                    yield where


def _fits(path: tuple[str, ...], segments: list[str]) -> bool:
    if len(path) != len(segments):
        return False
    return all(part == given or part.startswith("{") for part, given in zip(path, segments, strict=True))


def _property(schema: Schema, key: str) -> Schema | None:
    """The schema of a key; None where this schema does not name it. A map's keys are all named."""
    named: Schema | None = schema.get("properties", {}).get(key)
    if named is not None:
        return named
    rest = schema.get("additionalProperties")
    return rest if isinstance(rest, dict) else None
