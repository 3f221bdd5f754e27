"""What a page, the head of its answer and its origin's file reserve, and the licence that a page states. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.model import FetchResult
from pipeline.rights.tdm import tdm_declaration
from pipeline.text.normalize import tidy

# https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag, and the words of AI crawlers' opt-outs.
SIGNALS = ("noarchive", "nosnippet", "noai", "noimageai", "nocache")
VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
ROBOTS = ("robots", "googlebot", "bingbot")
LICENCES = ("dc.rights", "dcterms.rights", "dcterms.license", "copyright", "rights", "rights-standard")
# Reservations by who states them, the most telling first.
Reservations = tuple[tuple[str, ...], ...]


def stated_licence(tree: Any, article: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    """Return the licence or the rights that a page states: JSON-LD, ``rel=license`` (RFC 4946), Dublin Core, copyright."""
    stated = article.get("license") or article.get("usageInfo")
    if isinstance(stated, str) and stated:
        return tidy(stated)[:300]
    for link in tree.iter("link", "a"):
        if "license" in (link.get("rel") or "").lower().split():
            return tidy(link.get("href") or "")[:300]
    return tidy(next((meta[name] for name in LICENCES if name in meta), ""))[:300]


def page_reservations(meta: Mapping[str, str]) -> tuple[str, ...]:
    """Return the reservations in meta elements: robots' noarchive and the like, and TDMRep's ``tdm-reservation`` and
    ``tdm-policy`` (W3C community group report, 2024)."""
    words = {word for name in ROBOTS for word in re.split(r"[\s,]+", meta.get(name, "").lower())}
    reserved = [word for word in SIGNALS if word in words]
    return (*reserved, *tdm_declaration(meta.get("tdm-reservation"), meta.get("tdm-policy")))


def answer_reservations(result: FetchResult) -> Reservations:
    """Return what an answer reserves of a page beside the page itself: its head, then its origin's file."""
    return header_reservations(result.headers), result.reserved


def header_reservations(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the reservations in the head of an answer: ``X-Robots-Tag``, TDMRep's ``tdm-reservation`` and
    ``tdm-policy``."""
    fields = [(name.lower(), value.strip()) for name, value in headers]
    words = [word for name, value in fields if name == "x-robots-tag" for word in _directives(value)]
    declared = {name: value for name, value in fields if name.startswith("tdm-")}
    return page_reservations({"robots": " ".join(words), **declared})


def _directives(value: str) -> list[str]:
    """Return the directives for all robots, or for a robot whose directives count in meta elements too."""
    agent, colon, rest = value.partition(":")
    name = agent.strip().lower()
    has_agent = bool(colon) and re.fullmatch(r"[\w-]+", name) is not None and name not in VALUED
    if has_agent and name not in ROBOTS:
        return []
    return re.split(r"[\s,]+", rest if has_agent else value)
