"""A buyer's browser: Locust's FastHttpSession with its own cookies, over sockets that all buyers share.

    Session.get/post -> Reply(status, body, headers, error)      never raises for what the system did

What it does not do is as important: it follows no redirect (the flow does, so that each answer is seen) and
repeats no request (geventhttpclient would send a GET whose connection was closed up to pool-size times: a
dead system would look like one slow request, made by thousands of hidden ones).
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import gevent
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.url import URL
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from tfbench.load.browser import Reply

_BLOCK_BYTES = 64 * 1024  # a seat map in one or two reads instead of fifteen
_EVERY_STATUS = frozenset(range(100, 600))
_UNBOUNDED_S = 3600.0  # it would count from one read to the next; a session bounds the whole answer instead
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


class SharedSockets(HTTPClientPool):
    """Keep-alive connections shared by all sessions, as many as `max_in_flight` requests need."""

    def __init__(self, max_in_flight: int, connect_timeout_s: float) -> None:
        super().__init__(
            concurrency=max_in_flight,
            connection_timeout=connect_timeout_s,
            network_timeout=_UNBOUNDED_S,
            block_size=_BLOCK_BYTES,
            insecure=True,
        )

    def get_client(self, url: str | URL) -> HTTPClient:
        client = super().get_client(url)
        # The client repeats a GET `size + 1` times; the semaphore that bounds the pool was made before, from
        # the real size, and nothing else reads this number (geventhttpclient 2.6).
        client._connection_pool.size = -1
        return client


class Session:
    """One buyer's browser."""

    def __init__(self, environment: Environment, base_url: str, sockets: SharedSockets, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._http = FastHttpSession(
            base_url=base_url.rstrip("/"),
            request_event=environment.events.request,
            user=None,
            client_pool=sockets,
            max_redirects=0,
            max_retries=0,
        )
        # Locust declares it for the class; it works for one session too, and then no status is an exception.
        self._http.client.valid_response_codes = _EVERY_STATUS  # type: ignore[misc]

    def get(self, path: str, name: str) -> Reply:
        return self._request("GET", path, name)

    def post(self, path: str, name: str, form: Sequence[tuple[str, str]]) -> Reply:
        return self._request("POST", path, name, data=urlencode(form), headers={"Content-Type": _FORM})

    def _request(self, method: str, path: str, name: str, **options: Any) -> Reply:
        deadline = gevent.Timeout(self._deadline_s)
        deadline.start()
        try:
            with self._http.request(method, path, name=name, catch_response=True, **options) as response:
                return _reply(response)
        except gevent.Timeout as timeout:
            if timeout is not deadline:
                raise
            return Reply(0, error="Timeout")
        finally:
            deadline.close()


def _reply(response: Any) -> Reply:
    failure = response.request_meta["exception"]
    if failure is not None:  # also a body cut short, which the response itself would pass for whole
        return Reply(response.status_code, error=_name_of(failure))
    if response.status_code >= 400:
        response.failure(f"status {response.status_code}")
    headers = response.headers
    return Reply(
        status=response.status_code,
        body=response.content or b"",
        location=_path_of(headers.get("location")),
        content_type=str(headers.get("content-type") or ""),
        retry_after_s=_seconds(headers.get("retry-after")),
        source=headers.get("x-fuente"),
    )


def _name_of(failure: BaseException) -> str:
    """The exception's name; of a wrapper, the name of what it wraps."""
    original = getattr(failure, "original", None)
    return type(original or failure).__name__


def _path_of(location: object) -> str | None:
    """A redirect's target on the same site; the systems under test redirect nowhere else."""
    if not isinstance(location, str):
        return None
    parts = urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _seconds(text: object) -> float | None:
    return float(text) if isinstance(text, str) and text.isdecimal() else None
