"""Which addresses are out in the world, and which lead back to this machine, into its network or nowhere.

A business may write any address into its settings. Without this list it could have us ask the services inside our own
network, such as the one that hands out a cloud machine's credentials.

IANA's registries of special addresses: https://www.iana.org/assignments/iana-ipv4-special-registry and
.../iana-ipv6-special-registry. Written out, because what Python calls global differs between its releases.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_NOT_OUT_THERE_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; 0.0.0.0 reaches this machine
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # inside a carrier's network, and some clouds' credentials
            "127.0.0.0/8",  # this machine
            "168.63.129.16/32",  # Azure's own services: looks public, and answers only from within
            "169.254.0.0/16",  # link-local, and most clouds' credentials
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

# Everything that is given out for the Internet lies in here (RFC 4291 2.4); mapped IPv4, unique local, link-local,
# multicast and loopback addresses do not.
_OUT_THERE_6: Final = IPv6Network("2000::/3")
_NOT_OUT_THERE_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, with Teredo, which carries IPv4 addresses
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which carries IPv4 addresses
            "3fff::/20",  # documentation
        ),
    )
)
# A network without IPv4 reaches it through these (RFC 6052); what counts is the address that they carry.
_NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether this numeric address is a server's on the Internet. Anything that can't be read is not."""
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if isinstance(read, IPv6Address):
        return _is_public_6(read)
    return _is_public_4(read)


def _is_public_4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_OUT_THERE_4)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id:
        return False
    if address in _NAT64:
        return _is_public_4(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _OUT_THERE_6 and not any(address in network for network in _NOT_OUT_THERE_6)
