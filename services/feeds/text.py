"""Text of feeds: without marks that no store or reader should get, and out of HTML."""

import html
import re
from html.parser import HTMLParser

from services.kit.checks import HOSTILE

_BLOCKS = {"p", "br", "li", "div", "ul", "ol", "h1", "h2", "h3", "h4", "tr"}


def clean(text: str | None) -> str:
    """Text without marks that no store or reader should get."""
    return HOSTILE.sub(" ", text or "").strip()


def line(text: str | None) -> str:
    """The same in one line, as titles, names and labels are."""
    return " ".join(clean(text).split())


def from_html(text: str) -> str:
    """The words of a piece of HTML, a line for each block; plain text stays as it is."""
    if "<" not in text:
        return clean(html.unescape(text))
    reader = _TextExtractor()
    reader.feed(text)
    reader.close()
    return clean(re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", "".join(reader.words))))


class _TextExtractor(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
