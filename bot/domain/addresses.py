"""Which IP addresses lie on the public internet."""

from __future__ import annotations

import ipaddress
import re

_REFUSED_V4 = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocol assignments (RFC 6890), some of which the library calls global
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays (RFC 7526)
    ipaddress.IPv4Network("168.63.129.16/32"),  # a public number that every Azure machine routes to its own host
)
# All public unicast addresses lie here, so translated (64:ff9b::/96), mapped and compatible IPv4, local and multicast
# ones fall out without being named.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = (
    ipaddress.IPv6Network("2001::/23"),  # Teredo carries IPv4 (RFC 4380); the rest is assigned to protocols
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("2002::/16"),  # 6to4 carries IPv4 (RFC 3056)
    ipaddress.IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)
_ISATAP_MASK, _ISATAP = 0xFDFFFFFF, 0x00005EFE  # the upper half of an interface id that carries IPv4 (RFC 5214)

_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)


def is_public_address(text: str) -> bool:
    """Whether `text` is an IP address that only the public internet can own. Anything else than an address is not.

    Stricter than `ipaddress`' `is_global`, which lets multicast and IPv6 forms of private IPv4 addresses through.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in _REFUSED_V4)
    if address not in _PUBLIC_V6 or any(address in net for net in _REFUSED_V6):
        return False
    return (int(address) >> 32) & _ISATAP_MASK != _ISATAP


def reads_as_address(host: str) -> bool:
    """Whether resolvers may take `host` for an IPv4 address in one of its odd spellings (`127.1`, `0x7f.1`)."""
    return _ENDS_IN_NUMBER.search(host) is not None
