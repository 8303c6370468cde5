"""Which machines a run reaches, and a network that is off."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.probes.outside import addresses
from pytest_reprocheck.probes.outside.network import facts, routed_devices
from tests.outside.namespace import Namespace

OFF = {"network": "off"}
CONNECT = """
import asyncio, socket, urllib.request
def tried(what):
    try:
        what()
    except OSError as error:
        print(type(error).__name__, error.errno)
tried(lambda: socket.create_connection(("10.20.30.40", 8080)))
tried(lambda: urllib.request.urlopen("http://elsewhere.example/"))
tried(lambda: asyncio.run(asyncio.open_connection("10.20.30.40", 8080)))
tried(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("10.20.30.40", 53)))
tried(lambda: socket.gethostbyname("elsewhere.example"))
tried(lambda: socket.gethostbyaddr("10.20.30.40"))
print(urllib.request.urlopen("http://localhost:8080/near").status)
print(urllib.request.urlopen("http://near.example:8080/near").status)
"""


def test_without_a_network_nothing_leaves_this_machine(far: Namespace, tmp_path: Path) -> None:
    """Connections and look-ups fail as they do on a machine that is offline; this machine itself can be reached."""
    child, sent = far.script(tmp_path / "p", CONNECT, conditions=OFF)
    assert child.code == 0, child.stderr
    assert child.stdout.splitlines() == [
        "OSError 101",
        "URLError None",
        "OSError 101",
        "OSError 101",
        "gaierror -3",
        "gaierror -3",
        "200",
        "200",
    ]
    assert list(sent) == ["GET /near", "GET /near"]
    assert {line["what"] for line in child.of_type("refusal")} == {
        "connect 10.20.30.40:8080 (no network)",
        "connect 10.20.30.40:53 (no network)",
        "look up elsewhere.example (no network)",
        "look up 10.20.30.40 (no network)",
    }
    assert child.of_type("refusal")[0]["stack"][0]["place"]["line"] == 8
    assert child.of_type("host") == []


def test_other_machines_are_noted_once_by_their_names(far: Namespace, tmp_path: Path) -> None:
    """By the name that was looked up, else by the address; this machine is none of them."""
    script = """
import socket
for host in ("localhost", "10.20.30.40", "10.20.30.40", "127.0.0.1"):
    socket.create_connection((host, 8080)).close()
socket.socket(type=socket.SOCK_DGRAM).connect(("10.20.30.99", 53))
"""
    child, _sent = far.script(tmp_path / "p", script)
    assert (child.code, child.of_type("host")) == (0, [{"host": "10.20.30.40"}])
    child, _sent = far.script(tmp_path / "p", script.replace("10.20.30.40", "far.example"))
    assert (child.code, child.of_type("host")) == (0, [{"host": "far.example"}])


def test_the_network_is_measured_without_sending_anything(far: Namespace, tmp_path: Path) -> None:
    """Without a route to anywhere it is off whatever the conditions say; with one, the hook keeps it off."""
    child, sent = far.script(tmp_path / "p", "print(1)")
    told = child.of_type("facts")[0]["facts"]
    assert (told["network"], told["network by"], list(sent)) == ("off", "namespace", [])


def test_a_route_makes_the_hook_the_one_that_keeps_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fact names what is at work."""
    monkeypatch.setattr("pytest_reprocheck.probes.outside.network.routed_devices", lambda: {"eth0"})
    assert facts(OFF) == {"network": "off", "network by": "hook"}
    assert facts({"network": "on"}) == {"network": "on"}


def test_routed_devices_are_those_of_the_system() -> None:
    """Loopback is none."""
    names = {path.name for path in Path("/sys/class/net").iterdir()}
    assert routed_devices() <= names - {"lo"}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("/var/run/postgresql", True),
        ("", True),
        ("10.1.2.3", False),
        ("::ffff:10.1.2.3", False),
        ("fe80::1%eth0", False),
        ("128.0.0.1", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, local: bool) -> None:
    """By its addresses and names."""
    assert addresses.is_local(host) is local


@pytest.mark.parametrize(
    ("host", "port", "pattern", "allowed"),
    [
        ("db", 5432, "db", True),
        ("db", 5432, "db:5432", True),
        ("db", 5433, "db:5432", False),
        ("a.example.org", 80, "*.example.org", True),
        ("example.org", 80, "*.example.org", False),
        ("evil-example.org", 80, "*.example.org", False),
        ("fd00::1", 80, "fd00::1", True),
        ("fd00::1", 80, "[fd00::1]:80", True),
        ("fd00::1", 81, "[fd00::1]:80", False),
        ("fd00::2", 81, "fd00::*", True),
    ],
)
def test_patterns_of_allowed_hosts(host: str, port: int, pattern: str, allowed: bool) -> None:
    """Whole names, with or without a port."""
    assert addresses.is_allowed(host, port, [pattern]) is allowed
