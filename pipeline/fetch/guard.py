"""Which addresses may be reached: public ones, and those that the operator names.

``ipaddress.is_global`` alone is no guard: it is true for NAT64, site-local, multicast and IPv4-compatible
addresses, and on some versions for 6to4. So IPv6 is held to 2000::/3 less its special blocks
(IANA IPv6 Special-Purpose Address Registry), and IPv4 to ``is_global`` less what that lets through.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache

from yarl import URL

PORTS = (80, 443)
V6_PUBLIC = ipaddress.ip_network("2000::/3")
REFUSED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip


class Refused(OSError):
    """An address that must not be reached; an OSError so that the connector passes it on as its own."""


def is_public(address: str) -> bool:
    """Return whether an address, as text, is an ordinary public one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip.version == block.version and ip in block for block in REFUSED):
        return False
    return ip.is_global and not ip.is_multicast and (ip.version == 4 or ip in V6_PUBLIC)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one run. ``allow`` holds ``host:port`` pairs, ``host:*`` for every port of a host."""

    allow: frozenset[str] = field(default_factory=frozenset)

    def allows_private(self, host: str, port: int) -> bool:
        """Return whether the operator allows this host and port."""
        return f"{host}:{port}" in self.allow or f"{host}:*" in self.allow

    def check_url(self, url: URL) -> None:
        """Raise Refused for what is not plain http(s) on an open port, or is a private literal address."""
        if url.scheme not in ("http", "https") or not url.host:
            raise Refused("not an http(s) address")
        if url.user or url.password:
            raise Refused("the address holds credentials")
        port = url.port or 0
        if self.allows_private(url.host, port):
            return
        if port not in PORTS:
            raise Refused("the port is not 80 or 443")
        if _is_literal(url.host) and not is_public(url.host):
            raise Refused("the address is not public")

    def check_addresses(self, host: str, port: int, addresses: list[str]) -> None:
        """Raise Refused if any address of a name is not public: one bad address refuses the name."""
        if self.allows_private(host, port):
            return
        if not addresses or not all(is_public(address) for address in addresses):
            raise Refused("the address is not public")

    def check_socket(self, address: str, port: int) -> None:
        """Raise Refused if an IP address is neither public nor allowed: the last check before connecting to it."""
        if not self._named_address(address, port) and not is_public(address):
            raise Refused("the address is not public")

    def _named_address(self, address: str, port: int) -> bool:
        # A name that was allowed leads to a private address on the port that was named with it.
        ports = _ports_of_names(self.allow)
        return self.allows_private(address, port) or str(port) in ports or "*" in ports


@lru_cache
def _ports_of_names(allow: frozenset[str]) -> frozenset[str]:
    return frozenset(pair.rpartition(":")[2] for pair in allow if not _is_literal(pair.rpartition(":")[0]))


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
