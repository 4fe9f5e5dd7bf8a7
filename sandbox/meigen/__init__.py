"""A MeiGen that behaves as its documents say: `MeigenEngine` without sockets, `SandboxMeigen` over HTTP."""

from sandbox.meigen.engine import Answer, Counted, Dialect, Generation, MeigenEngine, MeigenOptions, State
from sandbox.meigen.faults import Fault, FaultKind, Faults
from sandbox.meigen.limits import Counting
from sandbox.meigen.server import SandboxMeigen, SeenRequest

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
