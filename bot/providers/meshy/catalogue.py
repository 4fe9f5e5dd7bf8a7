"""What Meshy can make. No endpoint tells: these are the models of its documents (Text to Image API; Pricing)."""

from __future__ import annotations

from bot.domain.catalog import Medium, Model, Prices, Timing

PROVIDER = "meshy"
PREFIX = f"{PROVIDER}/"
"""Before the ids here, since MeiGen has some of the same; the API does not know of it."""

DEFAULT = "nano-banana"
POSES = ("a-pose", "t-pose")
_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4")
_GPT_RATIOS = ("1:1", "3:2", "2:3")


def ai_model(model_id: str | None) -> str:
    """The name by which the API knows a model; of none (None) the default's, since the API has to be told one."""
    return (model_id or DEFAULT).removeprefix(PREFIX)


def _model(  # noqa: PLR0913  a row of the table
    name: str,
    title: str,
    maker: str,
    credits: int,  # noqa: A002  the unit
    usual_seconds: tuple[float, float],
    ratios: tuple[str, ...] = _RATIOS,
    family: str = "",
) -> Model:
    return Model(
        provider=PROVIDER,
        id=PREFIX + name,
        name=f"{title} at Meshy",
        maker=maker,
        medium=Medium.IMAGE,
        ratios=ratios,
        prices=Prices(per_generation=credits),
        timing=Timing(*usual_seconds),
        is_default=name == DEFAULT,
        poses=POSES,
        has_multi_view=True,
        family=family or name,
    )


MODELS: tuple[Model, ...] = (
    _model("nano-banana", "Nano Banana", "Google", 3, (15.0, 30.0)),
    _model("nano-banana-2", "Nano Banana 2", "Google", 6, (20.0, 40.0), family="nanobanana-2"),
    _model("nano-banana-pro", "Nano Banana Pro", "Google", 9, (30.0, 60.0), family="gemini-3-pro-image-preview"),
    _model("gpt-image-2", "GPT Image 2", "OpenAI", 9, (40.0, 80.0), _GPT_RATIOS),
)
"""`family`: MeiGen's id of the same model. Times are from watching; our own jobs soon tell better."""
