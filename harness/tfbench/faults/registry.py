"""The faults by name. `docs/faults.md` says how to add one."""

from tfbench.faults.base import Fault
from tfbench.faults.kill import Kill

FAULTS: dict[str, Fault] = {fault.type: fault for fault in (Kill(),)}
