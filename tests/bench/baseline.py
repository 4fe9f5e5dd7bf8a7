"""A plain bot, as tutorials write it, to compare with: a task per job that waits for its turn, sends, sleeps and polls.

`python -m tests.bench.baseline`, with the settings of Easel's environment that it needs. All is in memory; it keeps no
order between guilds, does not see what the upstream refuses, and a restart loses what it has.
"""

from __future__ import annotations

import asyncio
import io
import os
from typing import Any

import aiohttp
import discord
import yarl
from aiolimiter import AsyncLimiter
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

BASE_URL = os.environ.get("MEIGEN_BASE_URL", "")
HEADERS = {"Authorization": f"Bearer {os.environ.get('MEIGEN_API_KEY', '')}"}
POLL_SECONDS = float(os.environ.get("MEIGEN_POLL_SECONDS", "3"))
LIMIT = float(os.environ.get("MEIGEN_RATE_LIMIT", "12"))
WINDOW_SECONDS = float(os.environ.get("MEIGEN_RATE_WINDOW_SECONDS", "60"))


class Plain(commands.Bot):
    session: aiohttp.ClientSession
    limiter: AsyncLimiter

    async def setup_hook(self) -> None:
        self.session = aiohttp.ClientSession(headers=HEADERS)
        self.limiter = AsyncLimiter(LIMIT, WINDOW_SECONDS)
        self.tasks: set[asyncio.Task[None]] = set()
        self.tree.add_command(imagine)
        await self.tree.sync()

    async def generate(self, interaction: discord.Interaction[Any], prompt: str) -> None:
        await self.limiter.acquire()
        async with self.session.post(f"{BASE_URL}/generate/v2", json={"prompt": prompt}) as response:
            created = await response.json()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            async with self.session.get(f"{BASE_URL}/generate/v2/status/{created['generationId']}") as response:
                status = await response.json()
            if status["status"] == "completed":
                break
        async with self.session.get(status["imageUrl"]) as response:
            picture = discord.File(io.BytesIO(await response.read()), "picture.png")
        await interaction.edit_original_response(content=prompt, attachments=[picture])


@app_commands.command(description="Make a picture")
async def imagine(interaction: discord.Interaction[Plain], prompt: str) -> None:
    await interaction.response.defer()
    task = asyncio.create_task(interaction.client.generate(interaction, prompt))
    interaction.client.tasks.add(task)
    task.add_done_callback(interaction.client.tasks.discard)


def main() -> None:
    Route.BASE = os.environ["DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    Plain("!", intents=discord.Intents.default()).run(os.environ["DISCORD_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
