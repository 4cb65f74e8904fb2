"""What a buyer needs of a browser: get a page, post a form, see what came back. See `client.Session`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, or its absence: status 0 and what went wrong in `error`.

    `source`: which store the system says it answered from.
    """

    status: int
    body: bytes = b""
    location: str | None = None
    content_type: str = ""
    retry_after_s: float | None = None
    source: str | None = None
    error: str | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether the request may have been carried out all the same: no whole answer, or a 5xx."""
        return self.error is not None or self.status >= 500


class Browser(Protocol):
    """One buyer's cookies and pages. Follows no redirect; `name` groups requests in Locust's statistics."""

    def get(self, path: str, name: str) -> Reply: ...

    def post(self, path: str, name: str, form: Sequence[tuple[str, str]]) -> Reply: ...
