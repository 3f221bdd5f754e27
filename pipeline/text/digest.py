"""The digest of a story's text, by which readers compare texts without having them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def text_digest(title: str, body: Sequence[str]) -> str:
    """Return the SHA-256, in hex, of a headline and its paragraphs, joined by newlines, in UTF-8."""
    return hashlib.sha256("\n".join((title, *body)).encode("utf-8", "surrogatepass")).hexdigest()
