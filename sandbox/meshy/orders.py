"""From the body of `POST /openapi/v1/text-to-image` to an order, or to a refusal; the models on sale.

One rule where the document is silent: null counts as not given, and fields that it does not know are ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sandbox.upstream.engine import Answer

POSES = ("a-pose", "t-pose")
BANANA_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4")
VIEWS = 3


class Refusal(Exception):
    """A request that is answered with `status` and a message, and changes nothing."""

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"message": message}, headers or {})


@dataclass(frozen=True, slots=True)
class Model:
    """One model; the document has the first and the last of the nano-bananas."""

    id: str
    credits: int
    typical_seconds: float
    """The stand-in's own choice: no document tells."""
    ratios: Collection[str] = field(default=BANANA_RATIOS)


MODELS = (
    Model("nano-banana", 3, 15.0),
    Model("nano-banana-2", 6, 20.0),
    Model("nano-banana-pro", 9, 30.0),
    Model("gpt-image-2", 9, 40.0, ("1:1", "3:2", "2:3")),
)
BY_ID: Mapping[str, Model] = {model.id: model for model in MODELS}


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, with the defaults filled in."""

    prompt: str
    model: Model
    ratio: str
    pose_mode: str | None
    """None: no pose."""
    is_multi_view: bool

    @property
    def outputs(self) -> int:
        return VIEWS if self.is_multi_view else 1


def read_order(
    payload: object,
    models: Mapping[str, Model] = BY_ID,
    *,
    most_prompt_characters: int | None = None,
    refuses_ratio_of_views: bool = False,
) -> Order:
    """Read a body; raises Refusal."""
    if not isinstance(payload, dict):
        raise Refusal("Request body must be a JSON object")
    fields = {name: value for name, value in payload.items() if value is not None}
    model = _model(fields, models)
    is_multi_view = fields.get("generate_multi_view", False)
    if not isinstance(is_multi_view, bool):
        raise Refusal("generate_multi_view must be a boolean")
    if is_multi_view and refuses_ratio_of_views and "aspect_ratio" in fields:
        raise Refusal("aspect_ratio cannot be set when generate_multi_view is true")
    return Order(
        prompt=_prompt(fields, most_prompt_characters),
        model=model,
        ratio=_choice(fields, "aspect_ratio", model.ratios) or "1:1",
        pose_mode=_choice(fields, "pose_mode", POSES),
        is_multi_view=is_multi_view,
    )


def _model(fields: Mapping[str, object], models: Mapping[str, Model]) -> Model:
    chosen = _choice(fields, "ai_model", models)
    if chosen is None:
        raise Refusal("ai_model is required")
    return models[chosen]


def _prompt(fields: Mapping[str, object], most_characters: int | None) -> str:
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refusal("prompt is required")
    if most_characters is not None and len(prompt) > most_characters:
        raise Refusal(f"prompt must be at most {most_characters} characters")
    return prompt


def _choice(fields: Mapping[str, object], name: str, offered: Collection[str]) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and value in offered):
        return value
    raise Refusal(f"{name} must be one of: {', '.join(offered)}")
