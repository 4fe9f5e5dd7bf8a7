"""The CDN: attachments by links that are signed and die, as Discord's do."""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from PIL import Image, UnidentifiedImageError
from simcord.backend.cdn import CdnStore

if TYPE_CHECKING:
    from simcord._clock import Clock

LINK_SECONDS = 24 * 3600


class SignedCdn(CdnStore):
    """Keeps links bare inside the world and signs them on the way out, so that each answer carries fresh ones."""

    def __init__(self, base_url: str, clock: Clock) -> None:
        super().__init__()
        self.base_url = base_url
        self._clock = clock
        self._secret = secrets.token_bytes(16)

    def store_attachment(
        self, attachment_id: int, channel_id: int, filename: str, data: bytes, description: str | None
    ) -> dict[str, Any]:
        payload = super().store_attachment(attachment_id, channel_id, filename, data, description)
        del self._blobs[payload["url"]]
        url = f"{self.base_url}/attachments/{channel_id}/{attachment_id}/{quote(filename)}"
        self._blobs[url] = data
        return payload | {"url": url, "proxy_url": url} | _picture_size(data)

    def get(self, url: str) -> bytes | None:
        return super().get(_bare(url))

    def sign(self, url: str) -> str:
        """Give a link of this CDN a fresh signature; other links come back as they are."""
        if not url.startswith(f"{self.base_url}/attachments/"):
            return url
        issued_at = int(self._clock.now().timestamp())
        bare, expires_at = _bare(url), issued_at + LINK_SECONDS
        return f"{bare}?ex={expires_at:x}&is={issued_at:x}&hm={self._mark(bare, expires_at)}&"

    def signed(self, payload: Any) -> Any:
        """Copy a JSON value with all links of this CDN signed."""
        match payload:
            case str():
                return self.sign(payload)
            case list() | tuple():
                return [self.signed(item) for item in payload]
            case dict():
                return {key: self.signed(value) for key, value in payload.items()}
        return payload

    def serve(self, url: str) -> bytes | None:
        """The bytes behind a signed link; None where it is unknown, forged or over its time."""
        query = parse_qs(urlsplit(url).query)
        expires, mark = query.get("ex", ["0"])[0], query.get("hm", [""])[0]
        try:
            expires_at = int(expires, 16)
        except ValueError:
            return None
        genuine = hmac.compare_digest(mark, self._mark(_bare(url), expires_at))
        return self.get(url) if genuine and self._clock.now().timestamp() < expires_at else None

    def _mark(self, bare: str, expires_at: int) -> str:
        return hmac.new(self._secret, f"{bare} {expires_at}".encode(), hashlib.sha256).hexdigest()


def _bare(url: str) -> str:
    return url.partition("?")[0]


def _picture_size(data: bytes) -> dict[str, int]:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return {"width": picture.width, "height": picture.height}
    except (UnidentifiedImageError, OSError):
        return {}
