"""The server of the browser page: SimCord's, with a menu of apps on each message and an icon of its own."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from simcord.backend.errors import BackendError, SetupError
from simcord.preview._server import PreviewServer

if TYPE_CHECKING:
    from sandbox.discord.preview import LivePreview

FOLDER = Path(__file__).parent
OWN_HEADER = "X-Page-Request"
MOST_BODY_BYTES = 4096
OWN_FILES = {
    "/page.js": ("page.js", "application/javascript"),
    "/page.css": ("page.css", "text/css"),
    "/page.svg": ("page.svg", "image/svg+xml"),
    "/favicon.ico": ("page.svg", "image/svg+xml"),
}
HEAD = """
    <link rel="icon" href="/page.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/page.css">
    <script type="module" src="/page.js"></script>
  </head>"""


class _Request(BaseModel):
    """What the page asks: to put a form away, to use a command on a message, or, without either, which there are."""

    dismissed: str | None = None
    """The handle of a form."""
    command: str | None = None
    message_id: int = 0


class PageServer(PreviewServer):
    """Serves a `LivePreview`."""

    _STATIC_FILES: ClassVar[dict[str, str]] = {
        **PreviewServer._STATIC_FILES,  # noqa: SLF001 - SimCord's routes are made from it
        **{route: name for route, (name, _) in OWN_FILES.items()},
    }

    preview: LivePreview

    async def _static(self, request: web.Request) -> web.Response:
        own = OWN_FILES.get(request.path)
        if own is None:
            answer: web.Response = await super()._static(request)
            return _with_head(answer) if request.path == "/" else answer
        name, content_type = own
        body = (FOLDER / name).read_bytes()
        return web.Response(body=body, content_type=content_type, headers=self._SECURITY_HEADERS)

    async def _asset(self, request: web.Request) -> Any:
        """Media. What a change of persons has put away meanwhile is no error to tell of."""
        answer: web.Response = await super()._asset(request)
        context, asset_id = request.headers.get("X-Simcord-Context"), request.match_info["asset_id"]
        if answer.status == HTTPStatus.NOT_FOUND and self.preview.is_put_away(context, asset_id):
            return web.Response(status=204, headers=self._SECURITY_HEADERS)
        return answer

    async def _action(self, request: web.Request) -> Any:
        """Actions of SimCord's page, and, told by a header, what is added to it."""
        if OWN_HEADER not in request.headers:
            return await super()._action(request)
        context = request.headers.get("X-Simcord-Context")
        if not self._authorized(request, context=context):
            raise web.HTTPUnauthorized
        try:
            asked = _Request.model_validate_json(await request.content.read(MOST_BODY_BYTES))
            answer = await self._answer(context, asked)
        except (ValidationError, SetupError, BackendError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response(answer, headers=self._SECURITY_HEADERS)

    async def _answer(self, context: str | None, asked: _Request) -> dict[str, Any]:
        if asked.dismissed is not None:
            self.preview.dismiss(context, asked.dismissed)
            return {}
        if asked.command is None:
            return {"commands": self.preview.menus(context)}
        return {"told": await self.preview.use_menu(context, asked.command, asked.message_id)}


def _with_head(answer: web.Response) -> web.Response:
    answer.text = (answer.text or "").replace("</head>", HEAD.strip(), 1)
    return answer
