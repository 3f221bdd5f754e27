"""Addresses: which ones may be used at all, and which ones name the same page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from w3lib.url import canonicalize_url

TRACKING = re.compile(
    r"^(utm_\w+|ga_\w+|mc_[ce]id|fbclid|gclid|dclid|msclkid|yclid|igshid|ref|ref_src|referrer|cmpid|cmp|ncid|ocid"
    r"|s_cid|sr_share|share|smid|partner|source|src|feedtype|feedname|traffic_source|xtor|at_\w+|amp|outputtype)$",
    re.IGNORECASE,
)
SIDE_HOST = re.compile(r"^(www\d?|m|mobile|amp)\.(?=[^.]+\.)")
AMP_PATH = re.compile(r"(/amp|\.amp|/amp\.html)/?$", re.IGNORECASE)
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


def url_key(url: str) -> str:
    """What stays the same when one page is linked in several ways.

    Scheme, default port, ``www.``, ``m.`` and ``amp.`` hosts, AMP paths, tracking parameters, their order,
    fragments and a trailing slash are folded. Text that is no address is its own key. Idempotent.
    """
    try:
        parts = urlsplit(canonicalize_url(url.strip(), keep_fragments=False))
        port = parts.port
    except ValueError:
        return url.strip()
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return url.strip()
    host = SIDE_HOST.sub("", parts.hostname.rstrip("."))
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(k)])
    path = AMP_PATH.sub("", parts.path).rstrip("/")
    return f"//{netloc}{path}" + (f"?{query}" if query else "")
