"""Being told to end: Ctrl-C, SIGTERM, and the closing of the terminal."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


def stop_event() -> asyncio.Event:
    """An event that is set when the process is told to end; call it in the running loop.

    SIGINT is taken in hand as well: a shell that starts a program in the background has it ignored otherwise.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in NAMES:
        with suppress(AttributeError, NotImplementedError):  # what the platform lacks
            loop.add_signal_handler(getattr(signal, name), stop.set)
    return stop
