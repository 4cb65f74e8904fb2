"""Runs commands in the network namespaces of other processes, all at once; needs to see the machine's processes.

    enter.py '{"app1-1": [4711, ["sh", "/opt/rules.sh", "list", "cut"]]}' -> {"app1-1": {"status": 0, "printed": "..."}}

A process that is gone is left out of the answer. What a command that failed wrote to stderr is printed too.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def enter(pid: int, command: list[str]) -> dict[str, Any] | None:
    namespace = f"/proc/{pid}/ns/net"
    done = subprocess.run(
        ["nsenter", f"--net={namespace}", "--", *command], capture_output=True, text=True, check=False
    )
    if done.returncode and not os.path.lexists(namespace):
        return None
    return {"status": done.returncode, "printed": done.stdout + (done.stderr if done.returncode else "")}


def main() -> None:
    jobs: dict[str, tuple[int, list[str]]] = json.loads(sys.argv[1])
    with ThreadPoolExecutor(len(jobs)) as pool:
        answers = pool.map(lambda job: enter(*job), jobs.values())
        print(json.dumps({name: answer for name, answer in zip(jobs, answers, strict=True) if answer}))


main()
