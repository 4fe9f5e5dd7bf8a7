"""Prompts that come as a file."""

from __future__ import annotations

import asyncio

from bot.domain.problems import Problem, ProblemCode
from bot.domain.requests import Reference
from bot.errors import MediaError, MediaTooLarge, NotText, Refused
from bot.ports import TextFiles
from bot.ports.media import TEXT_MAX_BYTES

READ_SECONDS = 2.0
"""The form waits for its answer, and Discord waits three seconds."""


class PromptFiles:
    """Reads them."""

    def __init__(self, files: TextFiles) -> None:
        self._files = files

    async def read(self, file: Reference) -> str:
        """The text of a .txt file that a member has uploaded. Raises Refused."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._files.read(file.url)
        except NotText as error:
            raise Refused((Problem(ProblemCode.FILE_NOT_TEXT, file.filename),)) from error
        except MediaTooLarge as error:
            raise Refused((Problem(ProblemCode.FILE_TOO_LARGE, file.filename, limit=TEXT_MAX_BYTES),)) from error
        except (MediaError, TimeoutError) as error:
            raise Refused((Problem(ProblemCode.FILE_UNREADABLE, file.filename),)) from error
