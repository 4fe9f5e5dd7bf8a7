"""A simulated Discord behind real HTTP and a real gateway websocket.

The world, its rules and its people are SimCord's; this package puts sockets in front of them, so that an unmodified bot
logs in from any process with its own transports. Time is real time, which a test may move ahead (`WorldClock.advance`).
"""

from sandbox.discord.actors import Member
from sandbox.discord.faults import Delay, DropAnswer, DropRequest, RateLimit, ServerError
from sandbox.discord.forms import Choice, Field, Form, Menu
from sandbox.discord.guild import Channel, Guild, Role
from sandbox.discord.records import Attachment, Button, File, Message, Outcome, RecordedRequest, SentInteraction
from sandbox.discord.server import SandboxDiscord
from sandbox.discord.world import World, WorldClock

__all__ = [
    "Attachment",
    "Button",
    "Channel",
    "Choice",
    "Delay",
    "DropAnswer",
    "DropRequest",
    "Field",
    "File",
    "Form",
    "Guild",
    "Member",
    "Menu",
    "Message",
    "Outcome",
    "RateLimit",
    "RecordedRequest",
    "Role",
    "SandboxDiscord",
    "SentInteraction",
    "ServerError",
    "World",
    "WorldClock",
]
