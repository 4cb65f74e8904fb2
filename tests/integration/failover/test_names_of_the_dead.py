"""A dead container's name is answered by the engine alone: asking the machine's resolver for it can take 5 s each."""

import json

from tfbench.platforms.stack import Stack

# As many at once as services that look for a dead primary are.
ASK = """
import collections, concurrent.futures, json, socket
def ask(_):
    try:
        return socket.getaddrinfo("nobody-of-that-name", 5432) and "found"
    except socket.gaierror as error:
        return {socket.EAI_NONAME: "nobody", socket.EAI_NODATA: "nobody"}.get(error.errno, str(error))
with concurrent.futures.ThreadPoolExecutor(50) as pool:
    print(json.dumps(collections.Counter(pool.map(ask, range(200)))))
"""


def test_questions_for_the_dead_are_all_answered(stack: Stack) -> None:
    for service in ("postgres1", "app3-1"):
        code, output = stack.container(service).exec_run(["python3", "-c", ASK])
        assert code == 0, output
        assert json.loads(output) == {"nobody": 200}


def test_no_service_asks_the_machines_resolver(stack: Stack) -> None:
    for container in stack.all_containers():
        assert "ndots:1" in container.attrs["HostConfig"]["DnsOptions"], container.name
