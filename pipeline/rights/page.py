"""What a page says of itself beside its text: section, picture, licence, reservations, where it was taken from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.config import RightsConfig
from pipeline.model import Article, FetchResult, Fingerprint, Picture
from pipeline.rights.tdm import declaration, name_of
from pipeline.text.normalize import tidy
from pipeline.text.url import safe_http_url

# https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag, and the words of AI crawlers' opt-outs.
SIGNALS = ("noarchive", "nosnippet", "noai", "noimageai", "nocache")
VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
ROBOTS = ("robots", "googlebot", "bingbot")
LICENCES = ("dc.rights", "dcterms.rights", "dcterms.license", "copyright", "rights", "rights-standard")
SECTIONS = ("article:section", "section", "og:article:section", "parsely-section", "dc.subject", "news:section")
SOURCES = ("syndication-source", "original-source", "dc.source", "dcterms.source", "article:publisher_source")


def section(article: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    """The part of the paper: JSON-LD's articleSection, else meta elements."""
    told = article.get("articleSection")
    first = next((each for each in told if isinstance(each, str)), "") if isinstance(told, list) else told
    named = first if isinstance(first, str) and first else next((meta[name] for name in SECTIONS if name in meta), "")
    return tidy(named)[:100]


def picture(article: Mapping[str, Any], meta: Mapping[str, str], url: str, captions: Sequence[str]) -> Picture | None:
    """The page's main picture, with the credit that its data or its first caption names."""
    told = article.get("image")
    told = told[0] if isinstance(told, list) and told else told
    named = told.get("url") or told.get("contentUrl") if isinstance(told, dict) else told
    address = named if isinstance(named, str) and named else meta.get("og:image", "")
    shown = safe_http_url(urljoin(url, address)) if address else None
    return Picture(shown, _credit(told, captions)) if shown else None


def _credit(told: Any, captions: Sequence[str]) -> str:
    named = told.get("creditText") or told.get("creator") if isinstance(told, dict) else ""
    named = named.get("name") if isinstance(named, dict) else named
    if isinstance(named, str) and named:
        return tidy(named)[:200]
    found = (
        re.search(r"(?i)(?:photo|foto|image|credit|©|bild)\s*[:/]?\s*(?:by\s+)?(.{3,80})$", text) for text in captions
    )
    return next((tidy(match.group(1)) for match in found if match), "")


def licence(tree: Any, article: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    """The licence or the rights that the page states: JSON-LD, ``rel=license`` (RFC 4946), Dublin Core, copyright."""
    told = article.get("license") or article.get("usageInfo")
    if isinstance(told, str) and told:
        return tidy(told)[:300]
    for link in tree.iter("link", "a"):
        if "license" in (link.get("rel") or "").lower().split():
            return tidy(link.get("href") or "")[:300]
    return tidy(next((meta[name] for name in LICENCES if name in meta), ""))[:300]


def signals(meta: Mapping[str, str]) -> tuple[str, ...]:
    """Reservations in meta elements: robots' noarchive and the like, and TDMRep's ``tdm-reservation`` and
    ``tdm-policy`` (W3C community group report, 2024)."""
    words = {word for name in ROBOTS for word in re.split(r"[\s,]+", meta.get(name, "").lower())}
    found = [word for word in SIGNALS if word in words]
    return (*found, *declaration(meta.get("tdm-reservation"), meta.get("tdm-policy")))


def sources(article: Mapping[str, Any], meta: Mapping[str, str], url: str, canonical: str) -> tuple[str, ...]:
    """Hints that the text was taken from elsewhere: meta elements, ``isBasedOn``, a canonical link on another host."""
    found = [meta[name] for name in SOURCES if name in meta]
    found += list(_based_on(article.get("isBasedOn")))
    if canonical and _site(canonical) != _site(url):
        found.append(canonical)
    return tuple(dict.fromkeys(tidy(each)[:300] for each in found if each.strip()))


def _based_on(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        named = each.get("url") or each.get("@id") or each.get("name") if isinstance(each, dict) else each
        if isinstance(named, str):
            yield named


def _site(url: str) -> str:
    """The last two labels of the host: near enough to tell one outlet's hosts from another's."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])


@dataclass(frozen=True, slots=True)
class Storage:
    """Whether a text may be stored, and why."""

    text: bool
    reason: str


def policy(found: Iterable[str], stated: str, config: RightsConfig) -> Storage:
    """What is stored of a page with these signals and this licence: its text, or hash, fingerprint and link only.

    A signal counts by its name, the first word. A licence that the operator permits lifts every reservation.
    """
    reserved = [signal for signal in found if name_of(signal) in config.withhold]
    if not reserved:
        return Storage(True, "nothing is reserved that the policy names")
    if stated and stated.casefold() in {licence.casefold() for licence in config.permit}:
        return Storage(True, f"the licence {stated!r} permits it")
    return Storage(False, ", ".join(reserved))


def header_signals(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Reservations in the head of an answer: ``X-Robots-Tag`` and TDMRep's ``tdm-reservation`` and ``tdm-policy``."""
    told = [(name.lower(), value.strip()) for name, value in headers]
    words = [word for name, value in told if name == "x-robots-tag" for word in _directives(value)]
    fields = {name: value for name, value in told if name.startswith("tdm-")}
    return signals({"robots": " ".join(words), **fields})


def told_by(result: FetchResult) -> tuple[tuple[str, ...], ...]:
    """What an answer says of a page beside the page itself, the most telling first: its head, its origin's file."""
    return header_signals(result.headers), result.reserved


def _directives(value: str) -> list[str]:
    """The directives that are meant for all robots, or for one whose words count in meta elements too."""
    agent, colon, rest = value.partition(":")
    named = bool(colon) and re.fullmatch(r"[\w-]+", agent.strip()) is not None and agent.strip().lower() not in VALUED
    if named and agent.strip().lower() not in ROBOTS:
        return []
    return re.split(r"[\s,]+", rest if named else value)


def withheld(article: Article, reason: str, made: Fingerprint) -> Article:
    """The article without a word of its text: title, byline, times and link stay."""
    bare = replace(article, body=(), spans=(), deck="", line_keys=frozenset(), places=(), picture=None)
    return replace(bare, withheld=reason, fingerprint=made)
