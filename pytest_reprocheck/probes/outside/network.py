"""Which machines a run connected to, and a network that is off for a run: both by Python's audit events.

The events come before anything is sent. What opens sockets without Python (gRPC, database clients in C) is not seen.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from ..frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..probe import Probe

_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKING_UP = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"})
_REVERSE = frozenset({"socket.gethostbyaddr", "socket.getnameinfo"})
"""Ask for the name of an address."""
_HOSTS_FILE = "/etc/hosts"


def facts(conditions: dict[str, Any]) -> dict[str, str]:
    """Whether this process can reach other machines, and what keeps it from it; nothing is sent to find out."""
    if not routed_devices():
        return {"network": "off", "network by": "namespace"}
    return {"network": "off", "network by": "hook"} if conditions.get("network") == "off" else {"network": "on"}


def routed_devices() -> set[str]:
    """Devices other than loopback that this process has a route through."""
    devices = set()
    for file, column in (("/proc/net/route", 0), ("/proc/net/ipv6_route", -1)):
        try:
            with open(file, encoding="ascii") as lines:  # noqa: PTH123  (see frames.py)
                devices |= {line.split()[column] for line in lines if line.strip()}
        except OSError:
            continue
    return devices - {"lo", "Iface"}


class Network:
    """Notes other machines, and refuses them where the conditions say so."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._off = (probe.config.get("conditions") or {}).get("network") == "off"
        self._names: dict[str, str] = {}
        self._noted: set[str] = set()
        self._known: frozenset[str] | None = None
        self._note = probe.guarded("connections", self._note_connection)
        self._refusal = probe.guarded("connections", self._log_refusal)

    def install(self) -> None:
        """Listen to audit events."""
        self._probe.audits.listen(_SENDING, self._connected)
        self._probe.audits.listen(_LOOKING_UP, self._looked_up)

    def remember_names(self, module: Any) -> None:
        """Learn which name an address was found under, from the look-ups that Python makes."""
        plain: Callable[..., Any] = module.getaddrinfo

        @functools.wraps(plain)
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                found = plain(host, *args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise
            if isinstance(host, str):
                for entry in found:
                    self._names.setdefault(str(entry[4][0]), host)
            return found

        self._probe.replace(module, "getaddrinfo", getaddrinfo)

    def _connected(self, event: str, args: tuple[Any, ...]) -> None:
        sock, address = args[0], args[1]
        if not isinstance(address, tuple) or len(address) < 2 or sock.family not in _internet():
            return
        host, port = str(address[0]), address[1]
        if _is_own(host):
            return
        if self._off:
            from errno import ENETUNREACH

            self._refusal(host, f"connect {host}:{port} (no network)", sys._getframe(1))
            raise OSError(ENETUNREACH, "Network is unreachable (the audit runs without a network)")
        if event != "socket.connect" or sock.type & 0xF == _stream():
            self._note(host)

    def _looked_up(self, event: str, args: tuple[Any, ...]) -> None:
        host = args[0][0] if isinstance(args[0], tuple) else args[0]
        if not self._off or not isinstance(host, (str, bytes)):
            return
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if _is_own(name) or (event not in _REVERSE and self._known_here(name)):
            return
        self._refusal(name, f"look up {name} (no network)", sys._getframe(1))
        from _socket import EAI_AGAIN, gaierror

        raise gaierror(EAI_AGAIN, "Temporary failure in name resolution (the audit runs without a network)")

    def _known_here(self, name: str) -> bool:
        """Addresses, the machine's own name, and what is written in its hosts file: no other machine is asked."""
        from _socket import gethostname

        from .addresses import is_loopback

        if self._known is None:
            try:
                with open(_HOSTS_FILE, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  (see frames.py)
                    words = [word for line in file for word in line.partition("#")[0].split()[1:]]
            except OSError:
                words = []
            self._known = frozenset([*words, gethostname()])
        return is_loopback(name) is not None or name in self._known

    def _note_connection(self, address: str) -> None:
        host = self._names.get(address, address)
        if host not in self._noted:
            self._noted.add(host)
            self._probe.log.write({"type": "host", "host": host})

    def _log_refusal(self, host: str, what: str, frame: Any) -> None:
        if self._probe.first_time("refusal", host, what):
            line = {"host": host, "what": what, "step": self._probe.step, "stack": self._probe.frames.stack(frame)}
            self._probe.log.numbered({"type": "refusal", **line})


def _is_own(host: str) -> bool:
    """Without a look-up: a name that may turn out to be this machine is looked up before it is connected to."""
    from .addresses import is_loopback, plain_name

    name = plain_name(host)
    return not name or name == "localhost" or name.endswith(".localhost") or is_loopback(name) is True


def _internet() -> tuple[int, int]:
    from _socket import AF_INET, AF_INET6

    return AF_INET, AF_INET6


def _stream() -> int:
    from _socket import SOCK_STREAM

    return int(SOCK_STREAM)
