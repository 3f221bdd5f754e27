"""Other tools, as far as they are installed, called as their own documentation does."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.text.shingles import tokens

Extractor = Callable[[bytes, str], str]
Grouper = Callable[[Path], dict[str, str]]


def module(name: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def EXTRACTORS() -> dict[str, Extractor]:
    """Extractors by name."""
    trafilatura = module("trafilatura")
    found: dict[str, Extractor] = {
        "trafilatura": lambda page, _url: trafilatura.extract(page, include_comments=False) or "",
        "trafilatura precision": lambda page, _url: (
            trafilatura.extract(page, include_comments=False, favor_precision=True) or ""
        ),
        "trafilatura fast": lambda page, _url: trafilatura.extract(page, include_comments=False, fast=True) or "",
    }
    others = (("readability-lxml", "readability", _readability), ("newspaper4k", "newspaper", _newspaper),
              ("resiliparse", "resiliparse.extract.html2text", _resiliparse))  # fmt: skip
    return found | {label: make(module(name)) for label, name, make in others if module(name)}


def _readability(readability: Any) -> Extractor:
    from lxml import html

    def extract(page: bytes, _url: str) -> str:
        try:
            summary = readability.Document(page.decode("utf-8", "replace")).summary()
            return "\n".join(str(line) for line in html.fromstring(summary).itertext() if str(line).strip())
        except Exception:  # noqa: BLE001 - a page that a peer dies on scores nothing for it
            return ""

    return extract


def _newspaper(newspaper: Any) -> Extractor:
    def extract(page: bytes, url: str) -> str:
        try:
            article = newspaper.Article(url or "https://outlet.example/")
            article.download(input_html=page.decode("utf-8", "replace"))
            article.parse()
            return str(article.text)
        except Exception:  # noqa: BLE001 - a page that a peer dies on scores nothing for it
            return ""

    return extract


def _resiliparse(html2text: Any) -> Extractor:
    return lambda page, _url: str(
        html2text.extract_plain_text(page.decode("utf-8", "replace"), main_content=True) or ""
    )


# ---------------------------------------------------------------- groupers


def GROUPERS() -> dict[str, Grouper]:
    """Near-duplicate indexes by name; the stories are the connected components of what they find."""
    return {f"MinHashLSH {threshold}": _lsh(threshold) for threshold in (0.5, 0.7, 0.8)}


def _lsh(threshold: float) -> Grouper:
    def group(corpus: Path) -> dict[str, str]:
        from datasketch import MinHash, MinHashLSH

        index = MinHashLSH(threshold=threshold, num_perm=128)
        parent: dict[str, str] = {}
        for row in map(json.loads, corpus.read_text(encoding="utf-8").splitlines()):
            words = tokens(row["text"])
            signature = MinHash(num_perm=128)
            signature.update_batch([" ".join(words[n : n + 4]).encode() for n in range(max(len(words) - 3, 1))])
            parent[row["id"]] = row["id"]
            for near in index.query(signature):
                parent[_root(parent, near)] = _root(parent, row["id"])
            index.insert(row["id"], signature)
        return {doc: _root(parent, doc) for doc in parent}

    return group


def _root(parent: dict[str, str], doc: str) -> str:
    while parent[doc] != doc:
        doc = parent[doc]
    return doc
