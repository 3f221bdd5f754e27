"""Other tools, as far as they are installed (``make peers``), called as their own documentation does."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.text.shingles import tokens


@dataclass(frozen=True, slots=True)
class PeerArticle:
    """What a tool makes of a page; ``date`` is ISO 8601. What it does not look for is empty."""

    text: str = ""
    title: str = ""
    date: str = ""


Extractor = Callable[[bytes, str], PeerArticle]
Grouper = Callable[[Path], dict[str, str]]


def _tried(extract: Extractor) -> Extractor:
    """A page that a peer dies on scores nothing for it."""

    def extract_or_nothing(page: bytes, url: str) -> PeerArticle:
        try:
            return extract(page, url)
        except Exception:  # noqa: BLE001 - whatever it raises
            return PeerArticle()

    return extract_or_nothing


def _installed(makers: Mapping[tuple[str, str], Callable[[Any], Any]]) -> Iterator[tuple[str, Any]]:
    """Each tool by its label, or None for one that is not installed."""
    for (label, module), make in makers.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield label, make(importlib.import_module(module))
        except ImportError:
            yield label, None


def extractors() -> dict[str, Extractor | None]:
    """Extractors by name; None for one that is not installed."""
    tools = _installed({
        ("trafilatura", "trafilatura"): _trafilatura,
        ("trafilatura precision", "trafilatura"): lambda module: _plain(module, favor_precision=True),
        ("trafilatura fast", "trafilatura"): lambda module: _plain(module, fast=True),
        ("readability-lxml", "readability"): _readability,
        ("newspaper4k", "newspaper"): _newspaper,
        ("resiliparse", "resiliparse.extract.html2text"): _resiliparse,
    })  # fmt: skip
    return {label: _tried(extract) if extract else None for label, extract in tools}


def _trafilatura(trafilatura: Any) -> Extractor:
    def extract(page: bytes, url: str) -> PeerArticle:
        metadata = trafilatura.extract_metadata(page, default_url=url or None)
        text = trafilatura.extract(page, include_comments=False) or ""
        return PeerArticle(text, (metadata and metadata.title) or "", (metadata and metadata.date) or "")

    return extract


def _plain(trafilatura: Any, **options: bool) -> Extractor:
    return lambda page, _url: PeerArticle(trafilatura.extract(page, include_comments=False, **options) or "")


def _readability(readability: Any) -> Extractor:
    from lxml import html

    def extract(page: bytes, _url: str) -> PeerArticle:
        document = readability.Document(page.decode("utf-8", "replace"))
        lines = html.fromstring(document.summary()).itertext()
        return PeerArticle("\n".join(str(line) for line in lines if str(line).strip()), document.short_title() or "")

    return extract


def _newspaper(newspaper: Any) -> Extractor:
    # It would ask the network for the list of suffixes, and for the pictures of each page.
    names: Any = importlib.import_module("tldextract.tldextract")
    names.TLD_EXTRACTOR = names.TLDExtract(suffix_list_urls=())

    def extract(page: bytes, url: str) -> PeerArticle:
        article = newspaper.Article(url or "https://outlet.example/", fetch_images=False)
        article.download(input_html=page.decode("utf-8", "replace"))
        article.parse()
        day = article.publish_date
        return PeerArticle(
            str(article.text), str(article.title or ""), day.isoformat() if hasattr(day, "isoformat") else ""
        )

    return extract


def _resiliparse(html2text: Any) -> Extractor:
    return lambda page, _url: PeerArticle(
        str(html2text.extract_plain_text(page.decode("utf-8", "replace"), main_content=True) or "")
    )


# ---------------------------------------------------------------- groupers


def groupers() -> dict[str, Grouper | None]:
    """Near-duplicate indexes by name; the stories are the connected components of what they find."""
    makers: dict[tuple[str, str], Callable[[Any], Grouper]] = {
        (f"MinHashLSH {threshold}", "datasketch"): partial(_minhash, threshold=threshold)
        for threshold in (0.5, 0.7, 0.8)
    }
    makers |= {("rensa 0.5", "rensa"): _rensa, ("SimHash, 3 bits", "simhash"): _simhash}
    return dict(_installed(makers))


def _minhash(datasketch: Any, threshold: float) -> Grouper:
    def group(corpus: Path) -> dict[str, str]:
        index = datasketch.MinHashLSH(threshold=threshold, num_perm=128)

        def near(name: str, shingles: list[str]) -> Iterable[str]:
            signature = datasketch.MinHash(num_perm=128)
            signature.update_batch([shingle.encode() for shingle in shingles])
            near_names = index.query(signature)
            index.insert(name, signature)
            return [str(near_name) for near_name in near_names]

        return _components(corpus, near)

    return group


def _rensa(rensa: Any) -> Grouper:
    def group(corpus: Path) -> dict[str, str]:
        index = rensa.RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
        names: list[str] = []

        def near(name: str, shingles: list[str]) -> Iterable[str]:
            signature = rensa.RMinHash(num_perm=128, seed=42)
            signature.update(shingles)
            near_names = [names[number] for number in index.query(signature)]
            index.insert(len(names), signature)
            names.append(name)
            return near_names

        return _components(corpus, near)

    return group


def _simhash(simhash: Any) -> Grouper:
    def group(corpus: Path) -> dict[str, str]:
        index = simhash.SimhashIndex([], k=3)

        def near(name: str, shingles: list[str]) -> Iterable[str]:
            signature = simhash.Simhash(shingles)
            near_names = index.get_near_dups(signature)
            index.add(name, signature)
            return [str(near_name) for near_name in near_names]

        return _components(corpus, near)

    return group


def _components(corpus: Path, near: Callable[[str, list[str]], Iterable[str]]) -> dict[str, str]:
    parent: dict[str, str] = {}
    for row in map(json.loads, corpus.read_text(encoding="utf-8").splitlines()):
        words = tokens(row["text"])
        name = parent[str(row["id"])] = str(row["id"])
        for near_name in near(name, [" ".join(words[n : n + 4]) for n in range(max(len(words) - 3, 1))]):
            parent[_root(parent, near_name)] = _root(parent, name)
    return {doc: _root(parent, doc) for doc in parent}


def _root(parent: dict[str, str], doc: str) -> str:
    while parent[doc] != doc:
        doc = parent[doc]
    return doc
