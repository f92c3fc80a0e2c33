"""Which network addresses a fetched page may come from: public ones, and none of this machine's or its network's.

A page or a feed can name any host and redirect anywhere. Whoever connects asks here first, about every address of the host,
so that no article is read from a router, a cloud's metadata service or a program that listens on this machine.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

_NETWORKS = ipaddress.IPv4Network | ipaddress.IPv6Network

# What Python's is_global lets through (some of it in some versions only) and a news site never is.
_REFUSED: tuple[tuple[_NETWORKS, str], ...] = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("::ffff:0:0/96", "an IPv4 address written as IPv6"),
        ("::/96", "an IPv4 address written as IPv6"),
        ("64:ff9b::/96", "a NAT64 address"),
        ("64:ff9b:1::/48", "a NAT64 address"),
        ("2002::/16", "a 6to4 address"),
        ("192.88.99.0/24", "a 6to4 address"),
        ("2001::/32", "a Teredo address"),
        ("192.0.0.0/24", "a reserved address"),
        ("100.64.0.0/10", "a carrier's private address"),
        ("168.63.129.16/32", "a cloud's own address"),
        ("fec0::/10", "a private address"),
        ("3fff::/20", "a reserved address"),
        ("5f00::/16", "a reserved address"),
    )
)


def refusal(address: str) -> str | None:
    """Return what is wrong with a numeric address, as "a private address"; None where it is a public one."""
    try:
        ip: IPv4Address | IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "no numeric address"
    for network, what in _REFUSED:
        if ip in network and not ip.is_loopback and not ip.is_unspecified:
            return what
    for wrong, what in (
        (ip.is_loopback or ip.is_unspecified, "this machine itself"),
        (ip.is_link_local, "a link-local address"),
        (ip.is_multicast, "a multicast address"),
        (ip.is_private, "a private address"),
        (ip.is_reserved or not ip.is_global, "a reserved address"),
    ):
        if wrong:
            return what
    return None
