"""Links that lead through a counter, a search engine or a warning, as what they lead to."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pipeline.text.url import safe_http_url

# Counters nest: a feed's counter leads to an alert's.
MAX_LAYERS = 3
# Characters of a query that are read.
MAX_QUERY = 8_000
# What a parameter is called that holds the address to go on to.
TARGET_NAME = re.compile(
    r"^(?:url|uri|u|q|z|to|go|goto|r|rd|ru|ued|uddg|murl|adurl|out|exit|href|link|l|dest(?:ination)?|target|targeturl|desturl"
    r"|redir(?:ect)?(?:[_-]?(?:to|ur[il]))?|(?:original|real|final|external|ext|article|landing|click)[_-]?ur[il]|loc(?:ation)?)$",
    re.IGNORECASE,
)
# What the last part of a path, or the first of a host's name, is called where all that it does is to send one on.
SENDING_WORD = re.compile(
    r"^(?:url|urls|l|lk|link|links|linkfilter|r|rd|redir|redirect|redirection|redirector|go|goto|out|outbound|away|exit|leave"
    r"|jump|external|ext|extern|c|ck|clk|cl|click|clicks|clickthrough|clickthru|apiclick|count|counter|hit|stat|stats|t|tr|trk|track"
    r"|tracker|tracking|cread|deeplink|safelinks|interstitial|visit|open|forward|fwd|to|\w{0,9}(?:redir|click|clck)\w{0,9})$",
    re.IGNORECASE,
)
# Such hosts' addresses need no path: "?url=https://...".
BARE_PATHS = ("", "/")
# Addresses in a path: ".../RU=https%3a%2f%2f.../RK=2/", "/rss/*http://...", "/redirect/https://...".
IN_PATH = re.compile(
    r"/RU=(https?%3a%2f%2f[^/]+)/|(?:/\*+|/(?:url|redir(?:ect)?|go|goto|out|away|click|link|r|c|t)/)(https?(?::|%3a)(?:/|%2f){1,2}[^/].*)",
    re.IGNORECASE,
)
# A copy for telephones that a search engine keeps: "/amp/s/o.example/a".
KEPT_COPY = re.compile(r"^/amp/s/((?:[\w-]+\.)+[a-z]{2,}/.*)")
# A news search names its articles by an encoded record, which holds the address as it is.
RECORD = re.compile(r"/articles/(CB[A-Za-z0-9_-]{10,2000})$")
ADDRESS = re.compile(rb"https?://[\x21-\x7e]+")
# The feed counter whose addresses tell nothing of where they lead, and its like.
OPAQUE = re.compile(
    r"^https?://[^/]+/~r/|^https?://(?:[\w-]+\.)*(?:feedproxy|feedsportal|feedburner)\.\w+(?:\.\w+)?/", re.IGNORECASE
)


def link_target(url: str) -> str:
    """Return the address that a link through a counter or a search engine names; the link itself if it names none."""
    for _layer in range(MAX_LAYERS):
        try:
            target = _named_target(url)
        except ValueError:  # no address, or a record that is not encoded as it seems
            return url
        if target is None:
            return url
        url = target
    return url


def is_opaque(url: str) -> bool:
    """Return whether a link leads through a feed's counter, and does not name where."""
    return OPAQUE.match(url) is not None


def _named_target(url: str) -> str | None:
    """Return the address that a link leads to, by its path or its query; None if it names none."""
    parts = urlsplit(url)
    target = _in_path(parts)
    if target is not None:
        return _usable(target)
    if not parts.query:
        return None
    sends = SENDING_WORD.match(parts.path.rstrip("/").rpartition("/")[2].partition(".")[0]) is not None
    if not sends and parts.path not in BARE_PATHS and not SENDING_WORD.match((parts.hostname or "").partition(".")[0]):
        return None
    # What goes on to the same host is a counter only if its path says so.
    netloc = "" if sends else parts.netloc
    values = (value for name, value in parse_qsl(parts.query[:MAX_QUERY]) if TARGET_NAME.match(name))
    return next((target for value in values if (target := _usable(value, netloc))), None)


def _in_path(parts: SplitResult) -> str | None:
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if match := IN_PATH.search(path):
        return unquote(match[1]) if match[1] else unquote(match[2]) if "%" in match[2][:9] else match[2]
    if copy := KEPT_COPY.match(path):
        return f"https://{copy[1]}"
    if record := RECORD.search(parts.path):
        address = ADDRESS.search(urlsafe_b64decode(record[1] + "=" * (-len(record[1]) % 4)))
        return address[0].decode("ascii") if address else None
    return None


def _usable(target: str, netloc: str = "") -> str | None:
    """Return the address if it is one, on another host than ``netloc``."""
    url = safe_http_url(target) if target[:4].lower() == "http" else None
    return url if url and urlsplit(url).netloc.lower() != netloc.lower() else None
