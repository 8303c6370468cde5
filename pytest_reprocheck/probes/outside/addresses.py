"""Which hosts are this machine itself, and which ones the user allows writing to."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, SOCK_STREAM, getaddrinfo, inet_pton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_MAPPED = bytes(10) + b"\xff\xff"
"""What an IPv4 address written as an IPv6 one begins with."""


def is_loopback(address: str) -> bool | None:
    """Whether a literal address is this machine itself; None for what is no literal address.

    The address of nothing in particular (``0.0.0.0``) reaches this machine too.
    """
    for family in (AF_INET, AF_INET6):
        try:
            packed = inet_pton(family, address.partition("%")[0])
        except (OSError, ValueError):
            continue
        packed = packed.removeprefix(_MAPPED)
        if len(packed) == 4:
            return packed[0] == 127 or packed == bytes(4)
        return packed in (bytes(16), bytes(15) + b"\1")
    return None


def is_local(host: str) -> bool:
    """Whether a name or an address is this machine itself; a path is that of a Unix socket."""
    name = plain_name(host)
    if not name or name.startswith(("/", "@")) or name == "localhost" or name.endswith(".localhost"):
        return True
    known = is_loopback(name)
    if known is not None:
        return known
    try:
        found = getaddrinfo(name, None, 0, SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # nobody knows where it would go
    return all(is_loopback(str(entry[4][0])) for entry in found)


def is_allowed(host: str, port: int | None, patterns: Sequence[str]) -> bool:
    """Whether one of ``allow-writes`` names a host: ``host``, ``*.example.org``, ``10.1.2.3:8080``, ``[::1]:8080``."""
    from fnmatch import fnmatchcase

    name = plain_name(host)
    for pattern in patterns:
        wanted, number = pattern.lower(), ""
        if wanted.count(":") == 1 or wanted.startswith("["):
            wanted, _, number = wanted.rpartition(":") if not wanted.endswith("]") else (wanted, "", "")
        if fnmatchcase(name, plain_name(wanted).replace("[", "[[]")) and number in ("", str(port)):
            return True
    return False


def plain_name(host: str) -> str:
    """A host as it is compared: lower case, without brackets and the dot at its end."""
    return host.strip().strip("[]").rstrip(".").lower()
