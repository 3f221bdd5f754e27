"""Addresses: which ones may be used at all, and which ones name the same page."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from w3lib.url import canonicalize_url

# What names a campaign, a click or a session, never a page. A name that may be an article's own number (id, cid, eid)
# stays: two keys for one page cost a fetch, one key for two pages costs an article.
TRACKING = re.compile(
    r"^(utm_?\w*|_ga|ga_\w+|gaa_\w+|_gl|mc_[ce]id|mkt_tok|(?:mtm|matomo|pk|piwik|itm|hsa|vero|oly|guce|soc|ns|at|wt)[._]\w+|_hs\w+"
    r"|fbclid|gclid|dclid|msclkid|yclid|twclid|ttclid|[gw]braid|gad_source|igsh(?:id)?"
    r"|ref|ref_src|referrer|cmpid|cmp|ncid|ocid|icid|intcmp|ito|spm|s_cid|s_campaign|sr_share|share|smid|partner|source|src"
    r"|feedtype|feedname|traffic_source|xtor|amp\w*|usqp|output_?type|guccounter|__twitter_impression"
    r"|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken)$",
    re.IGNORECASE,
)
# Nor does a value that says where the link stood or for what device it was.
PLACES = ("rss", "rss2", "amp", "atom")
SIDE_HOST = re.compile(r"^(www\d?|m|mobile|amp|touch|wap)\.(?=[^.]+\.)")
AMP_CACHE = re.compile(r"^https?://(?:[\w-]+\.)?cdn\.ampproject\.org/[cv]/(s/)?(?=[\w-]+\.)", re.IGNORECASE)
AMP_PATH = re.compile(r"^/amp(?=/.)|(/amp|\.amp|/amp\.html|\.amp\.html)/?$", re.IGNORECASE)
SESSION_PATH = re.compile(r";(jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
INDEX_PATH = re.compile(r"/(index|default)\.(html?|php|aspx?)$", re.IGNORECASE)
SLASHES = re.compile(r"//+")
MOST = 1_000
CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def safe_http_url(url: str) -> str | None:
    """The address without its fragment, if it is http(s), names a host and holds no credentials; else None."""
    text = url.strip()
    if CONTROL.search(text):
        text = re.sub(r"[\t\r\n]", "", text).replace(" ", "%20")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in DEFAULT_PORTS or not host or "@" in parts.netloc or CONTROL.search(text):
        return None
    return text.partition("#")[0]


def host_name(url: str) -> str:
    """Who answers there: the name, with the port where it is not the usual one; '' where it is no http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in DEFAULT_PORTS or not parts.hostname:
        return ""
    return parts.hostname if port in (None, 80, 443) else f"{parts.hostname}:{port}"


def bounded(key: str) -> str:
    """A key that any database can index: one of more than 1,000 characters keeps its start, and the hash of it all.

    PostgreSQL refuses to index more than 2,704 bytes, and with it all that came in the same poll. Idempotent.
    """
    if len(key) <= MOST:
        return key
    return f"{key[: MOST - 65]}#{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


@lru_cache(maxsize=20_000)  # the same entries come poll after poll, and each is looked up by it
def url_key(url: str) -> str:
    """What stays the same when one page is linked in several ways.

    Scheme, default port, ``www.``, ``m.`` and ``amp.`` hosts, AMP caches and paths, tracking and session parameters,
    their order, index files, fragments and slashes at the end are folded. Text that is no address is its own key.
    Idempotent.
    """
    try:
        parts = urlsplit(canonicalize_url(AMP_CACHE.sub("https://", url.strip()), keep_fragments=False))
        port = parts.port
    except ValueError:
        return bounded(url.strip())
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return bounded(url.strip())
    host = SIDE_HOST.sub("", parts.hostname.rstrip("."))
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(k, v)])
    return bounded(f"//{netloc}{_path(parts.path)}" + (f"?{query}" if query else ""))


def _is_tracking(name: str, value: str) -> bool:
    return TRACKING.match(name) is not None or value.lower() in PLACES


def _path(path: str) -> str:
    path = SESSION_PATH.sub("", SLASHES.sub("/", path))
    return INDEX_PATH.sub("", AMP_PATH.sub("", path)).rstrip("/")
