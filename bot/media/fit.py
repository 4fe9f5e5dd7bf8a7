"""Making a picture small: to attach, or for a list. The only import of Pillow in `bot`; blocking, so use a thread."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
QUALITY = 88
# Decoding holds 3 or 4 bytes for every pixel: 8K and no more.
DECODE_MAX_PIXELS = 36_000_000
# JPEG's size grows a little slower than its area; this much below keeps the second try under the limit.
SHRINK_MARGIN = 0.9

Image.MAX_IMAGE_PIXELS = DECODE_MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def reencoded(path: Path, limit_bytes: int) -> bytes | None:
    """The picture as a JPEG of at most `limit_bytes`: at full size if its quality alone allows, else scaled down once.

    None where that does not do, where it moves (a JPEG would not), or where it cannot be decoded.
    """
    return _decoded(path, lambda opened: None if _moves(opened) else _under(_flat(opened), limit_bytes))


def thumbnail(path: Path, side_pixels: int, limit_bytes: int) -> bytes | None:
    """The picture (the first of one that moves) as a JPEG in a square of `side_pixels`, never larger than it was.

    None where `limit_bytes` cannot be kept, or where it cannot be decoded.
    """
    return _decoded(path, lambda opened: _under(_small(opened, side_pixels), limit_bytes))


def _decoded(path: Path, make: Callable[[Image.Image], bytes | None]) -> bytes | None:
    try:
        with Image.open(path, formats=FORMATS) as opened:
            return None if opened.width * opened.height > DECODE_MAX_PIXELS else make(opened)
    except Exception:  # noqa: BLE001  Pillow's errors for damaged and hostile files have no common root
        return None


def _moves(picture: Image.Image) -> bool:
    return bool(getattr(picture, "is_animated", False))


def _small(picture: Image.Image, side_pixels: int) -> Image.Image:
    side = (side_pixels, side_pixels)
    # A JPEG can be decoded at a fraction of its size; others take no notice.
    picture.draft("RGB", side)
    flat = _flat(picture)
    flat.thumbnail(side, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return flat


def _under(picture: Image.Image, limit_bytes: int) -> bytes | None:
    data = _jpeg(picture)
    if len(data) <= limit_bytes:
        return data
    scale = math.sqrt(limit_bytes / len(data)) * SHRINK_MARGIN
    width, height = int(picture.width * scale), int(picture.height * scale)
    if not width or not height:
        return None
    data = _jpeg(picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0))
    return data if len(data) <= limit_bytes else None


def _flat(picture: Image.Image) -> Image.Image:
    """Upright and without transparency, on white."""
    upright = ImageOps.exif_transpose(picture)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    clear = upright.convert("RGBA")
    canvas = Image.new("RGB", clear.size, "white")
    canvas.paste(clear, mask=clear.getchannel("A"))
    return canvas


def _jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()
