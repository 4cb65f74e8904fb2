"""Keep-alive connections that all buyers share: taken for one request, given back when its answer was whole.

There are as many as requests in flight ever needed at once; the newest is used first, so that the others can end.
"""

import select

import gevent.monkey
from gevent.socket import socket
from geventhttpclient.client import HTTPClient
from geventhttpclient.url import URL

# The real one: gevent's, put in its place, would go through the event loop to look at one socket without waiting.
_poll = gevent.monkey.get_original("select", "poll")
# It would count from one read to the next, with a timer each; a session bounds the whole answer instead.
_UNBOUNDED = None


class Connections:
    """Connections to one site, TLS where its address says so."""

    def __init__(self, url: URL, connect_timeout_s: float) -> None:
        client = HTTPClient.from_url(
            url, connection_timeout=connect_timeout_s, network_timeout=_UNBOUNDED, insecure=True
        )
        self._connect = client._connection_pool._create_socket  # made by the client, which knows how to speak TLS
        self._idle: list[tuple[socket, select.poll]] = []

    def take(self) -> tuple[socket, select.poll]:
        """An idle connection whose other end has not hung up, else a new one. Raises OSError."""
        while self._idle:
            connection = self._idle.pop()
            if not connection[1].poll(0):
                return connection
            connection[0].close()  # an idle connection has nothing to read, but its end
        sock = self._connect()
        poll = _poll()
        poll.register(sock.fileno(), select.POLLIN)
        return sock, poll

    def give_back(self, connection: tuple[socket, select.poll]) -> None:
        """Keep it for another request."""
        self._idle.append(connection)
