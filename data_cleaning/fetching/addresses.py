"""Which addresses are on the public internet, whatever form they are written in.

Python's `ipaddress.is_global` is true of NAT64, 6to4 and IPv4-compatible forms of private
addresses: they are unwrapped before anything is judged. Nothing is connected to here, but `resolve`
asks the name service.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
TEREDO = ipaddress.IPv6Network("2001::/32")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
COMPATIBLE = ipaddress.IPv6Network("::/96")
TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")  # RFC 2765: ::ffff:0:a.b.c.d
# Global by the registry, and yet nobody's business: NAT64 for local use, site-local, 6to4 relays,
# benchmarking, documentation, a cloud's own metadata service.
NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b:1::/48",
        "fec0::/10",
        "3fff::/20",
        "5f00::/16",
        "192.88.99.0/24",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "168.63.129.16/32",
    )
)


def is_public(text: str) -> bool:
    """Whether an address, and every address wrapped in it, is on the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if getattr(address, "scope_id", None):
        return False
    return all(_global(form) for form in (address, *embedded(address)))


def embedded(address: Address) -> Iterator[Address]:
    """The IPv4 addresses that an IPv6 address carries: mapped, compatible, translated, NAT64, 6to4,
    Teredo, ISATAP.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if any(address in network for network in (MAPPED, NAT64, COMPATIBLE, TRANSLATED)):
        yield last
    if address in SIX_TO_FOUR:
        yield ipaddress.IPv4Address((number >> 80) & 0xFFFFFFFF)
    if address in TEREDO:
        yield ipaddress.IPv4Address((number >> 64) & 0xFFFFFFFF)
        yield ipaddress.IPv4Address(~number & 0xFFFFFFFF)
    if (number >> 32) & 0xFDFFFFFF == 0x00005EFE:
        yield last


def _global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and any(
        address in network for network in (MAPPED, TRANSLATED, NAT64)
    ):
        return True  # only a way of writing the IPv4 address, which is judged itself
    listed = any(address in network for network in NEVER if network.version == address.version)
    return address.is_global and not (address.is_multicast or address.is_reserved or listed)


def any_address(_: str) -> bool:
    """Every address is allowed: for whoever names addresses on a machine of their own."""
    return True


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as text."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))
