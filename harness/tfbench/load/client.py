"""A buyer's browser: cookies of its own, over sockets that all buyers share.

    Session.get/post -> Reply(status, body, headers, error)      never raises for what the system did
                     '-> Locust's `request` event, for its statistics

What it does not do is as important: it follows no redirect (the flow does, so that each answer is seen) and
repeats no request (geventhttpclient's client would send a GET whose connection was closed up to pool-size times: a
dead system would look like one slow request, made by thousands of hidden ones).

It uses the sockets and the parser of geventhttpclient, as Locust's FastHttpSession does, and not that session: one for
each arrival, its headers merged three times and its addresses parsed again, took more than the request.
"""

import contextlib
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from http.cookiejar import CookieJar
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

import gevent
from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPParseError
from geventhttpclient.url import URL
from geventhttpclient.useragent import CompatRequest
from locust.env import Environment
from locust.exception import CatchResponseError

from tfbench.load.answer import ENCODING, Answer
from tfbench.load.browser import Reply
from tfbench.load.connections import Connections

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_FAILURES = (OSError, HTTPParseError, zlib.error)


class Site:
    """The system under test as all sessions know it: its address, and keep-alive connections that they share."""

    def __init__(self, environment: Environment, base_url: str, connect_timeout_s: float, deadline_s: float) -> None:
        url = URL(base_url.rstrip("/"))
        self.base_url = str(url).rstrip("/")
        self.deadline_s = deadline_s
        self.report: Callable[..., None] = environment.events.request.fire
        self._prefix = url.path.rstrip("/")
        self._standing_lines = f"Host: {url.netloc}\r\nUser-Agent: tfbench\r\nAccept-Encoding: {ENCODING}\r\n"
        self._connections = Connections(url, connect_timeout_s)

    def exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes, answer: Answer) -> None:
        """Send one request, once, and read its answer. Raises OSError or HTTPParseError."""
        request = self._head(method, path, headers, body) + body
        connection = self._connections.take()
        sock = connection[0]
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it hung up
                sock.sendall(request)
            answer.read_from(sock)
        except BaseException:
            sock.close()
            raise
        if answer.may_follow:
            self._connections.give_back(connection)
        else:
            sock.close()

    def _head(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        head = f"{method} {self._target(path)} HTTP/1.1\r\n{self._standing_lines}{lines}{length}\r\n"
        return head.encode("latin-1")

    def _target(self, path: str) -> str:
        """What stands in the request line: encoded where a page's link was not."""
        if path.isascii() and path.isprintable() and not {" ", "#"} & set(path):
            return self._prefix + path
        return URL(self.base_url + path).quoted_uri


class Session:
    """One buyer's browser."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cookies: CookieJar | None = None  # made by the first cookie: most buyers only look, and get none

    def get(self, path: str, name: str) -> Reply:
        return self._request("GET", path, name)

    def post(self, path: str, name: str, form: Sequence[tuple[str, str]]) -> Reply:
        return self._request("POST", path, name, urlencode(form).encode("ascii"), {"Content-Type": _FORM})

    def _request(
        self, method: str, path: str, name: str, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Reply:
        started = time.perf_counter()
        reply = self._bounded(method, path, body, headers)
        failure = reply.error or (f"status {reply.status}" if reply.status >= 400 else None)
        self._site.report(
            request_type=method, name=name, response_time=(time.perf_counter() - started) * 1000,
            response_length=len(reply.body), exception=CatchResponseError(failure) if failure else None, context={},
        )  # fmt: skip
        return reply

    def _bounded(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The reply, or that it did not come whole before the deadline."""
        deadline = gevent.Timeout(self._site.deadline_s)
        deadline.start()
        try:
            return self._ask(method, path, body, headers)
        except gevent.Timeout as timeout:
            if timeout is not deadline:
                raise
            return Reply(0, error="Timeout")
        finally:
            deadline.close()

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        answer = Answer()
        try:
            if self._cookies is not None:
                headers = {**headers, **self._cookie_header(path)}
            self._site.exchange(method, path, headers, body, answer)
            content = answer.content
        except _FAILURES as failure:
            return Reply(answer.get_code(), error=type(failure).__name__)
        if "set-cookie" in answer.headers:
            self._keep_cookies(path, answer)
        return _reply(answer, content)

    def _cookie_header(self, path: str) -> dict[str, str]:
        request = CompatRequest(self._site.base_url + path, headers=Headers())
        assert self._cookies is not None
        self._cookies.add_cookie_header(request)
        return dict(request.header_items())

    def _keep_cookies(self, path: str, answer: Answer) -> None:
        if self._cookies is None:
            self._cookies = CookieJar()
        request = CompatRequest(self._site.base_url + path, headers=Headers())
        self._cookies.extract_cookies(answer, request)  # type: ignore[arg-type]  # urllib's, as far as a jar asks


def _reply(answer: Answer, content: bytes) -> Reply:
    return Reply(
        status=answer.get_code(),
        body=content,
        location=_path_of(answer.header("location")),
        content_type=answer.header("content-type") or "",
        retry_after_s=_seconds(answer.header("retry-after")),
        source=answer.header("x-fuente"),
    )


def _path_of(location: str | None) -> str | None:
    """A redirect's target on the same site; the systems under test redirect nowhere else."""
    if location is None:
        return None
    parts = urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None
