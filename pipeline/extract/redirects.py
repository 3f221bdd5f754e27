"""Redirects that lead away from an article: to the front page, to a question for consent, to a login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pipeline.model import Article, RedirectedEntry, SharedPage
from pipeline.text.shingles import tokens
from pipeline.text.url import url_key

# Paths of front pages: the root, a file that stands for it, the same in a language.
FRONT = re.compile(r"/*(?:[a-z]{2}(?:[-_][a-z]{2})?/*)?(?:(?:index|home|default)(?:\.\w{2,5})?/*)?", re.IGNORECASE)
# Parameters that say where a reader came from, and nothing of the page.
ORIGIN = re.compile(
    r"utm_.*|ref|refer\w*|src|source|from|cmp|\w*clid|redirect\w*|error\w*|notfound|status", re.IGNORECASE
)
# Letters of a word that stay in all its forms, how many such words a title must have for the page to be judged by them,
# and the share of them that its text has at least.
STEM, STEMS_LEAST, SHARED_LEAST = 4, 4, 0.25
# Different entries that end at one page, at least, for it to be none of theirs: two may be one page that moved.
SHARED_PAGE_LEAST = 3
SLUG = re.compile(r"[-_%\d]")
PAGE_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d{4}(?:\d\d)?(?!\d))\d{5,}")
WALL_NAMES = (
    r"(?:cookie|privacy|data)?-?(?:consent|wall|gate)|cmp|log-?in|sign-?in|sso|captcha|challenge|(?:geo-?)?blocked|451|404|410"
    r"|(?:page-?)?not-?found|error(?:-?(?:404|page))?|maintenance|unavailable|anmelden|connexion|acceso|entrar"
)
WALL_SEGMENT = re.compile(rf"(?:{WALL_NAMES})(?:\.\w{{2,5}})?", re.IGNORECASE)
WALL_HOST = re.compile(r"(?:consent|cmp|login|signin|sso|accounts?|auth|captcha)\.", re.IGNORECASE)


def redirect_reason(url: str, final_url: str) -> str:
    """Return why the page at ``final_url``, where the entry's address led, is no article, or ""."""
    entry_address, page_address = _split(url), _split(final_url)
    if not final_url or final_url == url or entry_address is None or page_address is None:
        return ""
    if _is_front(page_address) and not _is_front(entry_address):
        return f"the address leads to a front page: {final_url[:200]}"
    if _is_wall(page_address) and not _is_wall(entry_address):
        return f"the address leads to a wall: {final_url[:200]}"
    return ""


def strange_reason(url: str, final_url: str, title: str, article: Article) -> str:
    """Return why the article that a redirect led to is not the one of the entry's ``title``, or "": a page that
    entries are sent to when theirs is gone says none of its words."""
    entry_address, page_address = _split(url), _split(final_url)
    if not final_url or entry_address is None or page_address is None or _stem(entry_address) == _stem(page_address):
        return ""
    stems = set(_word_stems(title))
    shared = stems & set(_word_stems(" ".join((article.title, article.deck, *article.body))))
    if len(stems) < STEMS_LEAST or len(shared) >= SHARED_LEAST * len(stems):
        return ""
    return f"the address leads to a page that says nothing of its title: {final_url[:200]}"


def shared_page_reason(shared: SharedPage) -> str:
    """Return why a page that redirects of an outlet's entries end at is no article, or "": so many of them, with
    addresses and titles of their own, have no article in common."""
    entries = foreign_entries(shared)
    addresses = {_slug(entry.url) or url_key(entry.url) for entry in entries}
    titles = {tuple(tokens(entry.title)) or url_key(entry.url) for entry in entries}
    count = min(len(addresses), len(titles))
    if count < SHARED_PAGE_LEAST:
        return ""
    return f"the address leads to a page that {count} entries of its outlet end at: {shared.url[:200]}"


def foreign_entries(shared: SharedPage) -> list[RedirectedEntry]:
    """Return the entries whose addresses have nothing of the page's own: neither its name nor its number. One that has
    is led to its own page, which has moved or was given another title."""
    slug, numbers = _slug(shared.url), _page_numbers(shared.url)
    return [
        entry
        for entry in shared.entries
        if not ((slug and _slug(entry.url) == slug) or numbers & _page_numbers(entry.url))
    ]


def _slug(url: str) -> str:
    """The name of a page at the end of its path, where it is one: "view" and "article" name a program."""
    address = _split(f"http:{url_key(url)}")
    stem = _stem(address) if address else ""
    return stem if SLUG.search(stem) else ""


def _page_numbers(url: str) -> set[str]:
    """The numbers in an address, beside its host, by which a publishing system may call the page; days are none."""
    address = _split(url)
    return set(PAGE_NUMBER.findall(f"{address.path}?{address.query}")) if address else set()


def _stem(address: SplitResult) -> str:
    """The last part of a path without what follows a point."""
    return address.path.rstrip("/").rpartition("/")[2].partition(".")[0].casefold()


def _word_stems(text: str) -> Iterator[str]:
    """The beginnings of words, the same in all their forms; short words are in every text."""
    return (word[:STEM] for word in tokens(text) if len(word) >= STEM)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _is_front(address: SplitResult) -> bool:
    telling = [name for name, _ in parse_qsl(address.query[:2000]) if not ORIGIN.fullmatch(name)]
    return FRONT.fullmatch(address.path) is not None and not telling and not address.fragment.startswith(("!", "/"))


def _is_wall(address: SplitResult) -> bool:
    last = address.path.rstrip("/").rpartition("/")[2]
    return WALL_SEGMENT.fullmatch(last) is not None or WALL_HOST.match(address.netloc) is not None
