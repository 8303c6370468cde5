"""The environment of an interpreter as it is installed now, asked of that interpreter itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.core.environments import PYTHON, Environment, Manager, Origin, Package
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.environment.locks.lock import archive, directory, repository
from pytest_reprocheck.environment.locks.node import Node

_PROBE = Path(__file__).resolve().parent / "live_probe.py"
_TIMEOUT = 120
_SEEDS = ("pip", "setuptools", "wheel", "distribute")
"""What comes with an environment whether anything asks for it or not."""
_SUBDIR = re.compile(r"/(noarch|(linux|osx|win|freebsd|emscripten|wasi|zos)-[^/]+)$")
"""What may follow a channel's name in its address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """An interpreter, and what is installed for it."""

    environment: Environment
    markers: Mapping[str, str]
    """Its values for environment markers, as PEP 508 names them."""


def ask(python: str | None = None) -> Live:
    """Ask an interpreter, the running one by default; raises BlockedError where it gives no answer."""
    command = [python or sys.executable, "-W", "ignore", str(_PROBE)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise BlockedError(f"cannot be run: {error}", where=command[0]) from error
    try:
        whole = Node(data=json.loads(done.stdout.splitlines()[-1]), file=command[0])
    except (IndexError, ValueError) as error:
        told = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        last = told[-1] if told else "it printed nothing"
        raise BlockedError(f"did not tell what is installed: {last}", where=command[0]) from error
    return Live(
        environment=_environment(whole),
        markers={name: value.text() for name, value in whole.entries("markers")},
    )


def _environment(whole: Node) -> Environment:
    conda = whole["conda"].data is not None
    managers: tuple[Manager, ...] = ("conda", "pypi") if conda else ("pypi",)
    python = Package(name=PYTHON, version=whole["python"].text(), required=False, installer="conda" if conda else "")
    packages = [python, *_distributions(whole), *(_conda(whole) if conda else ())]
    return Environment(
        source=f"Python {whole['python'].text()} at {whole['prefix'].text()}",
        kind="live",
        packages=tuple(sorted(packages, key=lambda each: (each.manager, each.name))),
        managers=managers,
        host={name: value.text() for name, value in whole.entries("host")},
    )


def _distributions(whole: Node) -> Iterator[Package]:
    for entry in whole.members("distributions"):
        direct = entry["direct_url"]
        origin = Origin() if direct.data is None else _origin(direct)
        yield Package(
            name=entry["name"].text(),
            version=entry["version"].text(),
            origin=origin,
            hashes=() if direct.data is None else tuple(_hashes(direct)),
            required=entry["name"].text() not in _SEEDS,
            installer=entry["installer"].text(),
            # What is installed of an editable one is the path to it, which is another in each checkout.
            contents="" if origin.editable else entry["contents"].text(),
        )


def _origin(direct: Node) -> Origin:
    """What ``direct_url.json`` says (PEP 610)."""
    url = direct.optional("url")
    if "vcs_info" in direct:
        return repository(url, direct["vcs_info"].optional("commit_id"))
    if "dir_info" in direct:
        return directory(url, editable=direct["dir_info"].table().get("editable") is True)
    return archive(url)


def _hashes(direct: Node) -> Iterator[str]:
    if "archive_info" in direct:
        for algorithm, value in direct["archive_info"].entries("hashes"):
            yield f"{algorithm}:{value.text()}"


def _conda(whole: Node) -> Iterator[Package]:
    for entry in whole.members("conda"):
        name = _SUBDIR.sub("", entry["channel"].text().rstrip("/")).rpartition("/")[2]
        yield Package(
            name=entry["name"].text().lower(),
            version=entry["version"].text(),
            manager="conda",
            build=entry["build"].text(),
            origin=Origin(kind="index", url=name) if name else Origin(),
            hashes=tuple(f"{key}:{entry[key].text()}" for key in ("md5", "sha256") if entry[key].text()),
        )
