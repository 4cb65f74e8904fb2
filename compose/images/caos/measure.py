"""Measures connections from inside a network namespace: the bench runs it in a container that shares one.

    measure.py connect    ADDRESS...            does a TCP connection come about?
    measure.py first-byte PROTOCOL@ADDRESS...   how long until the other end's first byte
    measure.py bulk       PROTOCOL@ADDRESS...   how long `--bytes` take
    measure.py ending     PROTOCOL@ADDRESS...   how a connection that is left alone ends
    measure.py half-open  IP...                 does this end hold a connection of theirs that was never completed?

All addresses at once; one JSON object on stdout: address -> {"seen": WORD, "ms": N} (and "bytes" of a bulk). WORD is
what was asked for (connected, answer, bulk, half-open), or what came instead (refused, reset, closed, timeout...).
Protocols: mysql and smtp greet by themselves; http and amqp are spoken to first.
"""

import argparse
import json
import smtplib
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

OPENERS = {
    "http": b"GET /salud/viva HTTP/1.1\r\nHost: tfbench\r\n\r\n",
    "amqp": b"AMQP\x00\x00\x09\x01",
    "mysql": b"",
    "smtp": b"",
}
CHUNK = 65_536
SMTP_LINE = 480
SYN_RECV = "03"
POLL_S = 0.05
CAME_ABOUT = ("connected", "answer", "bulk", "half-open")


def connect(address: str, options: argparse.Namespace) -> dict[str, Any]:
    socket.create_connection(_host_port(address), options.wait).close()
    return {"seen": "connected"}


def first_byte(place: str, options: argparse.Namespace) -> dict[str, Any]:
    protocol, address = place.split("@")
    with socket.create_connection(_host_port(address), options.wait) as link:
        link.sendall(OPENERS[protocol])
        return {"seen": "answer" if link.recv(1) else "closed"}


def ending(place: str, options: argparse.Namespace) -> dict[str, Any]:
    protocol, address = place.split("@")
    with socket.create_connection(_host_port(address), options.wait) as link:
        link.sendall(OPENERS[protocol])
        while link.recv(CHUNK):
            pass
        return {"seen": "closed"}


def bulk(place: str, options: argparse.Namespace) -> dict[str, Any]:
    """Log in first where one must: only the bulk is timed."""
    protocol, address = place.split("@")
    host, port = _host_port(address)
    began, size = BULKS[protocol](host, port, options)
    return {"seen": "bulk", "bytes": size, "ms": _ms_since(began)}


def half_open(address: str, options: argparse.Namespace) -> dict[str, Any]:
    peer = socket.inet_aton(address)[::-1].hex().upper()  # as the kernel writes it, on little-endian machines
    deadline = time.monotonic() + options.wait
    while time.monotonic() < deadline:
        # A server that listens on IPv6 has IPv4 clients too, with their address at the end of a longer one.
        if any(remote.endswith(peer) for table in ("tcp", "tcp6") for remote in _half_open_in(table)):
            return {"seen": "half-open"}
        time.sleep(POLL_S)
    return {"seen": "none"}


def _half_open_in(table: str) -> list[str]:
    """The remote addresses that the kernel holds an unanswered connection of."""
    try:
        with open(f"/proc/net/{table}", encoding="ascii") as lines:
            rows = [line.split() for line in lines][1:]
    except FileNotFoundError:  # no IPv6 here
        return []
    return [row[2].split(":")[0] for row in rows if row[3] == SYN_RECV]


def _bulk_http(host: str, port: int, options: argparse.Namespace) -> tuple[float, int]:
    """The service's metrics, as often as it takes."""
    began, got = time.monotonic(), 0
    while got < options.bytes and time.monotonic() - began < options.wait:
        with socket.create_connection((host, port), options.wait) as link:
            link.sendall(b"GET /metrics HTTP/1.1\r\nHost: tfbench\r\nConnection: close\r\n\r\n")
            while part := link.recv(CHUNK):
                got += len(part)
    return began, got


def _bulk_mysql(host: str, port: int, options: argparse.Namespace) -> tuple[float, int]:
    import pymysql

    wait = int(options.wait)
    with closing(
        pymysql.connect(
            host=host, port=port, user="lectura", password="lectura", connect_timeout=wait, read_timeout=wait
        )
    ) as connection, connection.cursor() as cursor:  # fmt: skip
        began = time.monotonic()
        cursor.execute("SELECT REPEAT('x', %s)", (options.bytes,))
        return began, len(cursor.fetchone()[0])


def _bulk_amqp(host: str, port: int, options: argparse.Namespace) -> tuple[float, int]:
    """A message that no queue wants: the broker drops it, and then answers."""
    import pika

    parameters = pika.ConnectionParameters(
        host, port, credentials=pika.PlainCredentials("ticketflow", "ticketflow"), socket_timeout=options.wait,
        stack_timeout=options.wait, blocked_connection_timeout=options.wait,
    )  # fmt: skip
    with closing(pika.BlockingConnection(parameters)) as connection:
        channel = connection.channel()
        began = time.monotonic()
        channel.basic_publish("", "tfbench.nobody", b"x" * options.bytes)
        channel.basic_qos(prefetch_count=1)
        return began, options.bytes


def _bulk_smtp(host: str, port: int, options: argparse.Namespace) -> tuple[float, int]:
    """NOOPs with an argument, which say nothing and leave no mail."""
    with smtplib.SMTP(host, port, timeout=options.wait) as server:
        began, sent = time.monotonic(), 0
        while sent < options.bytes:
            server.docmd("NOOP", "x" * SMTP_LINE)
            sent += SMTP_LINE
        return began, sent


BULKS = {"http": _bulk_http, "mysql": _bulk_mysql, "amqp": _bulk_amqp, "smtp": _bulk_smtp}
MEASURES: dict[str, Callable[[str, argparse.Namespace], dict[str, Any]]] = {
    "connect": connect, "first-byte": first_byte, "ending": ending, "bulk": bulk, "half-open": half_open,
}  # fmt: skip


def _host_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _attempt(measure: Callable[[str, argparse.Namespace], dict[str, Any]], place: str,
             options: argparse.Namespace) -> dict[str, Any]:  # fmt: skip
    began = time.monotonic()
    try:
        result = measure(place, options)
    except ConnectionRefusedError:
        result = {"seen": "refused"}
    except ConnectionResetError:
        result = {"seen": "reset"}
    except TimeoutError:
        result = {"seen": "timeout"}
    except Exception as error:  # noqa: BLE001 - each client library has its own; the word is the answer
        result = {"seen": f"{type(error).__name__}: {error}"[:200]}
    return {"ms": _ms_since(began), **result}


def _best(measure: Callable[[str, argparse.Namespace], dict[str, Any]], place: str,
          options: argparse.Namespace) -> dict[str, Any]:  # fmt: skip
    """The quickest of `--tries` that came about: what the link takes, without what the machine was busy with."""
    results = [_attempt(measure, place, options) for _ in range(options.tries)]
    return min(results, key=lambda result: (result["seen"] not in CAME_ABOUT, result["ms"]))


def main() -> None:
    parser = argparse.ArgumentParser(description="connections, measured from inside a network namespace")
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("places", nargs="+")
    parser.add_argument("--wait", type=float, default=2, help="seconds, for each step")
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=0)
    options = parser.parse_args()
    measure = MEASURES[options.measure]
    with ThreadPoolExecutor(len(options.places)) as pool:
        results = pool.map(lambda place: _best(measure, place, options), options.places)
        json.dump(dict(zip(options.places, results, strict=True)), sys.stdout)


if __name__ == "__main__":
    main()
