"""What members chose for themselves, once for all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.catalog import AUTO_RATIO, Catalog, Medium
from bot.domain.pings import Notify
from bot.domain.requests import GenerationRequest


@dataclass(frozen=True, slots=True)
class Usual:
    """None leaves a choice to the upstream."""

    notify: Notify = Notify.LONG
    image_model: str | None = None
    video_model: str | None = None
    aspect_ratio: str | None = None
    is_private: bool = False

    def model_of(self, medium: Medium) -> str | None:
        return self.video_model if medium is Medium.VIDEO else self.image_model


def applied(usual: Usual, request: GenerationRequest, catalog: Catalog) -> GenerationRequest:
    """The request with a member's own usual choices, where it leaves them open and its model has them."""
    model_id = request.model_id or usual.model_of(request.medium)
    model = catalog.find(model_id)
    if request.model_id is None and (model is None or model.medium is not request.medium):
        # None is usual, or it was retired since: the upstream's own choice then.
        model_id, model = None, catalog.default(request.medium)
    ratio = request.aspect_ratio
    # Several views have a shape of their own, and Meshy came to refuse another: what is usual was not meant for them.
    if ratio is None and model is not None and not request.multi_view:
        ratio = usual.aspect_ratio if usual.aspect_ratio in (AUTO_RATIO, *model.ratios) else None
    return replace(request, model_id=model_id, aspect_ratio=ratio)
