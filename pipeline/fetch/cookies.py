"""Cookies of one fetch: what a redirect sets is given back on the way on, and forgotten with the fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from yarl import URL


class RedirectCookies:
    """The cookies that the redirects of one fetch have set; by RFC 6265 each goes to the hosts it is meant for.

    A jar is made when the first is set: most fetches meet none.
    """

    __slots__ = ("_jar",)

    def __init__(self) -> None:
        self._jar: aiohttp.CookieJar | None = None

    def store(self, response: aiohttp.ClientResponse) -> None:
        """Take up what a redirect sets."""
        if "Set-Cookie" in response.headers:
            # "unsafe" stands for hosts that are addresses of their own.
            self._jar = self._jar or aiohttp.CookieJar(unsafe=True)
            self._jar.update_cookies(response.cookies, response.url)

    def header(self, url: URL) -> str:
        """Return the Cookie header for a request; '' without cookies for it."""
        cookies = self._jar.filter_cookies(url).values() if self._jar else ()
        return "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in cookies)
