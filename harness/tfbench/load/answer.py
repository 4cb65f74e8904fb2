"""One HTTP answer, read whole from a connection: what a buyer looks at of it, and nothing else.

    sock.recv -> Answer.feed (llhttp, in C) -> status, headers, body

The response classes of geventhttpclient keep more, for a client that reads bodies in pieces; they took an eighth of
the time that an arrival takes.
"""

import zlib

from gevent.socket import socket
from geventhttpclient._parser import HTTPParseError, HTTPResponseParser
from geventhttpclient.response import HTTPConnectionClosed

ENCODING = "gzip"  # what `content` undoes
_BLOCK_BYTES = 64 * 1024  # a seat map in one or two reads instead of fifteen
_EITHER_WAY = 32 + zlib.MAX_WBITS  # gzip's frame or zlib's


class Answer(HTTPResponseParser):
    """`headers` by lower-case name, each with all of its values. What answers `100 Continue` is waited out."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: dict[str, list[str]] = {}
        self._body = bytearray()
        self._field = ""
        self._value: str | None = None
        self._is_whole = False

    def read_from(self, sock: socket) -> None:
        """Read until it is whole. Raises HTTPParseError, or OSError, where that does not come to pass."""
        received = 0
        while not self._is_whole:
            try:
                data = sock.recv(_BLOCK_BYTES)
            except ConnectionResetError:
                if received:
                    raise
                data = b""
            if not data and not received:
                raise HTTPConnectionClosed("connection closed.")
            received += len(data)
            self.feed(data)  # nothing: the end, which may be that of a body without a length
            if not data and not self._is_whole:
                raise HTTPParseError("connection closed before the answer was whole")

    @property
    def may_follow(self) -> bool:
        """Whether another request may use the connection."""
        return self._is_whole and not self.parser_failed() and self.should_keep_alive()

    @property
    def content(self) -> bytes:
        """The body; unpacked, where it came packed."""
        packed = self.header("content-encoding") == ENCODING
        return zlib.decompress(self._body, _EITHER_WAY) if packed else bytes(self._body)

    def header(self, name: str) -> str | None:
        """A header's value; None for one that came more than once, which those that are looked at never do."""
        values = self.headers.get(name)
        return values[0] if values is not None and len(values) == 1 else None

    def info(self) -> "Answer":
        """What `http.cookiejar` asks a response for: something with `get_all`."""
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        """All values of a header."""
        return self.headers.get(name.lower(), default)

    # What the parser calls, piece by piece: a name or a value may come in several.

    def _on_message_begin(self) -> None:
        if self._is_whole:
            raise HTTPParseError("more than one answer came")
        self.headers.clear()

    def _on_status(self, text: str) -> None:
        """The number is enough."""

    def _on_header_field(self, text: str) -> None:
        if self._value is not None:
            self._keep_header()
        self._field += text

    def _on_header_value(self, text: str) -> None:
        self._value = text if self._value is None else self._value + text

    def _on_headers_complete(self) -> None:
        if self._value is not None:
            self._keep_header()

    def _on_body(self, data: bytearray) -> None:
        self._body += data

    def _on_message_complete(self) -> None:
        self._is_whole = self.get_code() >= 200

    def _keep_header(self) -> None:
        assert self._value is not None
        self.headers.setdefault(self._field.lower(), []).append(self._value)
        self._field, self._value = "", None
