"""A MeiGen that behaves as its documents say: `MeigenEngine` without sockets, `SandboxMeigen` over HTTP."""

from sandbox.meigen.engine import Counted, Dialect, Generation, MeigenEngine, MeigenOptions, State
from sandbox.meigen.server import SandboxMeigen
from sandbox.upstream.engine import Answer
from sandbox.upstream.faults import Fault, FaultKind, Faults
from sandbox.upstream.limits import Counting
from sandbox.upstream.server import SeenRequest

__all__ = [
    "Answer",
    "Counted",
    "Counting",
    "Dialect",
    "Fault",
    "FaultKind",
    "Faults",
    "Generation",
    "MeigenEngine",
    "MeigenOptions",
    "SandboxMeigen",
    "SeenRequest",
    "State",
]
