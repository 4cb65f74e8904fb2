"""The load: an open-loop arrival plan played against a system by Locust, in a process of its own.

    bench -> config.json -> python -m tfbench.load --config FILE -> operations/*.ndjson: every row
                                                                 -> stdout: a JSON line a second
    of several processes that one is the master: it shares the plan out among `tfbench.load.worker`s, and adds up

Arrivals come when the plan says, whatever the system does; latency counts from the planned time. Nothing here
judges: rows go to disk, and the bench decides later. Importing `driver` patches the standard library for
gevent, so the bench itself imports only `config` and `arrivals` from here.
"""

import os

# Read first of all: importing Locust takes seconds on a busy machine, and who started the load may be gone by then.
PARENT_PID = os.getppid()
