"""A report as a reader has it: the visible text of one language, and what the page would fetch."""

from html.parser import HTMLParser

VOID = {"meta", "input", "wbr", "br", "link", "img", "hr", "rect", "path", "line"}
FETCHING = {
    "src",
    "srcset",
    "poster",
    "data",
    "action",
    "formaction",
    "background",
    "ping",
    "cite",
    "manifest",
}


class Page(HTMLParser):
    """Checks nesting while it reads; `text` is what `language` shows."""

    def __init__(self, html: str, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self._hidden = "es" if language == "en" else "en"
        self._open: list[tuple[str, bool]] = []
        self._words: list[str] = []
        self.fetched: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.unbalanced: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.feed(html)
        self.close()
        self.unbalanced += [tag for tag, _ in self._open]

    @property
    def text(self) -> str:
        """Visible words, single-spaced."""
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            is_hidden = any(hidden for _, hidden in self._open) or tag in ("style", "title", "script")
            is_other = tag != "html" and ("lang", self._hidden) in attrs
            self._open.append((tag, is_hidden or is_other))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if not any(hidden for _, hidden in self._open):
            self._words.append(data)

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in FETCHING or (name in ("href", "xlink:href") and not (value or "").startswith("#")):
                self.fetched.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and (value or "").startswith("#"):
                self.anchors.append((value or "")[1:])
