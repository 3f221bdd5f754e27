"""The pages of an extraction corpus, served as their outlets would: one feed an outlet, pages as captured."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class CorpusPage:
    """One captured page; ``date`` is a day (ISO 8601) or empty."""

    id: str
    outlet: str
    country: str
    title: str
    date: str
    file: Path

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/{slug(self.outlet)}/{self.id}"

    def read(self) -> bytes:
        """The bytes as captured."""
        return gzip.decompress(self.file.read_bytes())


def slug(name: str) -> str:
    """A name as a path's part."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "outlet"


def load_corpus(folder: Path) -> dict[str, list[CorpusPage]]:
    """Pages by outlet; a set that names no outlets has the hosts of its addresses. Raises FileNotFoundError."""
    pages_by_outlet: dict[str, list[CorpusPage]] = defaultdict(list)
    # Texts hold line ends of other kinds, at which `splitlines` would cut.
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").strip("\n").split("\n"):
        row = json.loads(line)
        outlet = str(row.get("outlet") or urlsplit(str(row.get("url") or "")).hostname or "unnamed")
        file = folder / "html" / f"{row['id']}.html.gz"
        day = str(row.get("date") or "")[:10]
        country = str(row.get("country") or "").upper()
        pages_by_outlet[outlet].append(CorpusPage(row["id"], outlet, country, str(row.get("title") or ""), day, file))
    return dict(pages_by_outlet)


def corpus_feed(outlet: str, pages: list[CorpusPage], base: str) -> bytes:
    """An RSS 2.0 feed of title, address and day."""
    rows = "".join(
        f"<item><title>{escape(page.title)}</title><link>{base}{page.path}</link><guid>{base}{page.path}</guid>"
        + (f"<pubDate>{page.date}</pubDate>" if page.date else "")
        + "</item>\n"
        for page in pages
    )
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>{escape(outlet)}</title>{rows}</channel></rss>'.encode()
