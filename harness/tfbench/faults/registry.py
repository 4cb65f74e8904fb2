"""The faults by name. `docs/faults.md` says how to add one."""

from tfbench.faults.bandwidth import Bandwidth
from tfbench.faults.base import Fault
from tfbench.faults.connection_exhaustion import ConnectionExhaustion
from tfbench.faults.cpu import Cpu
from tfbench.faults.disk_full import DiskFull
from tfbench.faults.kill import Kill
from tfbench.faults.latency import Latency
from tfbench.faults.memory_alarm import MemoryAlarm
from tfbench.faults.partition import Partition
from tfbench.faults.pause import Pause
from tfbench.faults.replication_break import ReplicationBreak
from tfbench.faults.reset import Reset
from tfbench.faults.restart import Restart
from tfbench.faults.stop import Stop

_ALL: tuple[Fault, ...] = (
    Kill(),
    Stop(),
    Pause(),
    Restart(),
    Cpu(),
    Partition(),
    Latency(),
    Bandwidth(),
    Reset(),
    ReplicationBreak(),
    MemoryAlarm(),
    DiskFull(),
    ConnectionExhaustion(),
)

FAULTS = {fault.type: fault for fault in _ALL}
