"""The workload `selftest`: every arrival asks for one page, named after its kind.

Kinds are only names: a selftest that wants forty objectives, each with its own failures, gives each a kind.
"""

from collections.abc import Mapping
from typing import ClassVar

from tfbench.load.browser import Browser
from tfbench.load.config import LoadConfig
from tfbench.load.flow import Flow
from tfbench.selftest.kinds import KINDS


class Probes:
    """One request an arrival."""

    first_operations: ClassVar[Mapping[str, str]] = {kind: kind for kind in KINDS}

    def __init__(self, config: LoadConfig, session: Browser) -> None:
        """Nothing to learn beforehand."""

    def play(self, flow: Flow) -> None:
        with flow.operation(flow.kind) as op:
            op.settle(flow.session.get(f"/{flow.kind}", flow.kind))
