"""An engine of containers in memory: what the faults ask of Docker, with Docker's own quirks."""

from types import SimpleNamespace
from typing import Any, cast

from docker.errors import APIError, NotFound
from tfbench.model import FaultSpec
from tfbench.platforms.stack import Stack


class FakeContainer:
    """One container. `calls` are the engine's calls on it, in order."""

    def __init__(self, service: str, **settings: Any) -> None:
        self.id = f"{service}-id"
        self.labels = {"com.docker.compose.service": service, "tfbench.role": service.split("-")[0]}
        self.state = {
            "Status": "running", "StartedAt": "start-0", "FinishedAt": "", "Pid": 0, "ExitCode": 0, "Paused": False,
        }  # fmt: skip
        policy = {"RestartPolicy": {"Name": "unless-stopped"}}
        self.settings = {"CpuQuota": 0, "CpuPeriod": 0, "CpuShares": 0, "NanoCpus": 0, **policy, **settings}
        self.throttled = 0
        self.calls: list[str] = []
        self.refuses: set[str] = set()

    @property
    def attrs(self) -> dict[str, Any]:
        return {"State": dict(self.state), "HostConfig": dict(self.settings)}

    @property
    def status(self) -> str:
        return str(self.state["Status"])

    def kill(self, signal: str = "SIGKILL") -> None:
        self._do(f"kill {signal}")
        self._end(137)

    def stop(self, timeout: int) -> None:
        self._do(f"stop {timeout}")
        self._end(0)

    def start(self) -> None:
        self._do("start")
        self._begin()

    def restart(self, timeout: int) -> None:
        self._do(f"restart {timeout}")
        self._begin()

    def pause(self) -> None:
        self._do("pause")
        self.state |= {"Status": "paused", "Paused": True}

    def unpause(self) -> None:
        self._do("unpause")
        if not self.state["Paused"]:
            raise APIError(f"Container {self.id} is not paused")
        self.state |= {"Status": "running", "Paused": False}

    def update(self, cpu_quota: int) -> None:
        self._do(f"update {cpu_quota}")
        if cpu_quota:  # the engine takes 0 for "leave it"
            self.settings["CpuQuota"] = cpu_quota

    def stats(self, stream: bool, one_shot: bool) -> dict[str, Any]:
        return {"cpu_stats": {"throttling_data": {"throttled_periods": self.throttled}}}

    def reload(self) -> None:
        """A fake is always fresh."""

    def _do(self, call: str) -> None:
        self.calls.append(call)
        if call.split()[0] in self.refuses:
            raise APIError(f"the engine refuses to {call}")

    def _begin(self) -> None:
        number = int(str(self.state["StartedAt"]).split("-")[1]) + 1
        self.state |= {"Status": "running", "StartedAt": f"start-{number}", "Paused": False}

    def _end(self, code: int) -> None:
        self.state |= {"Status": "exited", "ExitCode": code, "FinishedAt": "now"}


class FakeEngine:
    """The containers by id; `stack()` is the part of Stack that faults use."""

    def __init__(self, *containers: FakeContainer) -> None:
        self.by_id = {container.id: container for container in containers}

    def get(self, identity: str) -> FakeContainer:
        if identity not in self.by_id:
            raise NotFound(f"No such container: {identity}")
        return self.by_id[identity]

    def stack(self) -> Stack:
        api = SimpleNamespace(unpause=lambda identity: self.get(identity).unpause())
        client = SimpleNamespace(containers=SimpleNamespace(get=self.get), api=api)

        def of_role(role: str) -> list[FakeContainer]:
            return [container for container in self.by_id.values() if container.labels["tfbench.role"] == role]

        return cast(Stack, SimpleNamespace(client=client, containers=of_role))


def spec(kind: str, target: str = "app3", **parameters: float | str) -> FaultSpec:
    """A fault of a scenario."""
    return FaultSpec("the-fault", kind, target, (), parameters=parameters)
