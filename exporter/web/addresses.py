"""Listen addresses as they are written."""

import re

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
"""A name, or an address of IPv4 or IPv6, with a zone."""


class AddressError(Exception):
    """A listen address cannot be used; the message names it and the remedy."""


def parse(address: str) -> tuple[str, int]:
    """Host and port of a listen address; raises AddressError for what cannot be one."""
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    possible = colon and port.isascii() and port.isdigit() and len(port) <= 5
    if not possible or int(port) > 65_535 or not (host == "" or _HOST.fullmatch(host)):
        raise AddressError(
            f"{address!r} is not a listen address; write :9899, 127.0.0.1:9899 or [::1]:9899"
        )
    return host, int(port)
