"""A Meshy that behaves as its document says: `MeshyEngine` without sockets, `SandboxMeshy` over HTTP."""

from sandbox.meshy.engine import MeshyEngine, MeshyOptions, QueueError
from sandbox.meshy.server import SandboxMeshy
from sandbox.meshy.tasks import Event, Status, Task
from sandbox.upstream.engine import Answer
from sandbox.upstream.faults import Fault, FaultKind, Faults
from sandbox.upstream.limits import Counting
from sandbox.upstream.server import SeenRequest

__all__ = [
    "Answer",
    "Counting",
    "Event",
    "Fault",
    "FaultKind",
    "Faults",
    "MeshyEngine",
    "MeshyOptions",
    "QueueError",
    "SandboxMeshy",
    "SeenRequest",
    "Status",
    "Task",
]
