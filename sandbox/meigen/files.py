"""Which file lies behind a media address."""

from __future__ import annotations

from sandbox import media
from sandbox.media import MediaFile
from sandbox.meigen.engine import Generation, State, result_names
from sandbox.meigen.gallery import Item
from sandbox.scenes import Scene


def result_file(generation: Generation, name: str, picture_scale: float, video_pixels: int) -> MediaFile | None:
    """The file `name` ("0.png") of a generation; None where there is none, not yet, or no longer."""
    names = [path.rpartition("/")[2] for path in result_names(generation)]
    if generation.state is not State.COMPLETED or name not in names or name in generation.expired:
        return None
    number, _, suffix = name.partition(".")
    order = generation.order
    if suffix == "mp4":
        size = media.video_size(generation.ratio, order.resolution, video_pixels)
        scene, starts_at_seconds = _scene(generation)
        return MediaFile(scene, size, suffix, order.duration_seconds or 0, starts_at_seconds)
    size = media.picture_size(generation.ratio, order.resolution, picture_scale)
    return MediaFile(Scene(order.prompt, generation.id, int(number)), size, suffix)


def _scene(generation: Generation, number: int = 0) -> tuple[Scene, float]:
    """What a file of a generation shows, and the moment of the scene, in seconds, at which it begins."""
    source = generation.source
    if source is None:
        return Scene(generation.prompt, generation.id, number), 0.0
    scene, began_at_seconds = _scene(source, generation.source_number)
    return scene, began_at_seconds + media.last_moment(source.order.duration_seconds or 0)


def gallery_file(item: Item, number: int) -> MediaFile | None:
    """A picture of a gallery item, at half of the size that it is said to have; None where it has no such one."""
    if number >= item.pictures:
        return None
    width, height = item.size_pixels or (1024, 1024)
    return MediaFile(Scene(item.painted, item.id, number), (width // 2, height // 2), "jpg")
