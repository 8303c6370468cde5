"""Published weaknesses of locked packages, asked of the service that pip-audit is set to."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_reprocheck.core.environments import PYTHON, Advisory, AdvisoryCheck, Environment, Package, canonical
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.trace import NotCompared
from pytest_reprocheck.environment.locks.node import Node

_TIMEOUT = 600


def check(environment: Environment) -> AdvisoryCheck:
    """What is known of an environment's packages; what was not answered is told, and never counts as harmless.

    pip-audit ends with 1 when it finds something and when it reaches nobody, and with 0 when it has skipped all: so its
    exit code says nothing, and only the packages that its answer names count as checked.
    """
    asked = [each for each in environment.packages if _is_askable(each)]
    skipped = [
        NotCompared(what=f"{each.name} {each.shown}", reason=_unaskable(each))
        for each in environment.packages
        if not _is_askable(each) and each.name != PYTHON
    ]
    if not asked:
        return AdvisoryCheck(skipped=tuple(skipped), problem="no package with a version from an index is there")
    if importlib.util.find_spec("pip_audit") is None:
        return AdvisoryCheck(problem="pip-audit is not installed: pip install pip-audit")
    with TemporaryDirectory(prefix="reprocheck-advisories-") as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(f"{each.name}=={each.version}\n" for each in asked), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        options += ["--desc", "on", "--aliases", "on"]
        # The user's variables choose the service; where the answer goes is not theirs to choose here.
        env = {name: value for name, value in os.environ.items() if name != "PIP_AUDIT_OUTPUT"}
        command = [sys.executable, "-W", "ignore", "-m", "pip_audit", *options, "-r", str(file)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False, env=env)
        except (OSError, subprocess.SubprocessError) as error:
            return AdvisoryCheck(problem=f"pip-audit did not end well: {type(error).__name__}")
    return _answer(done.stdout, done.stderr, asked, skipped)


def _is_askable(package: Package) -> bool:
    """Whether services know such a package: one of an index, with a version."""
    local = package.origin.kind in ("directory", "vcs")
    return package.manager == "pypi" and bool(package.version) and package.name != PYTHON and not local


def _unaskable(package: Package) -> str:
    if package.manager == "conda":
        return "advisories are asked for packages of PyPI alone"
    return "it is of no index" if package.version else "the lock does not fix its version"


def _answer(out: str, err: str, asked: Iterable[Package], skipped: list[NotCompared]) -> AdvisoryCheck:
    try:
        whole = Node(data=json.loads(out), file="pip-audit")
        entries = {canonical(entry["name"].text()): entry for entry in whole.members("dependencies")}
        found = [advisory for entry in entries.values() for advisory in _advisories(entry)]
        reasons = {name: entry.optional("skip_reason") for name, entry in entries.items()}
    except (ValueError, DecodeError) as error:
        lines = [line.strip() for line in err.splitlines() if line.strip()]
        why = lines[-1] if lines else str(error)
        return AdvisoryCheck(skipped=tuple(skipped), problem=f"pip-audit gave no answer: {why}")
    for package in asked:
        reason = reasons.get(package.name, "the service did not answer for it")
        if reason:
            skipped.append(NotCompared(what=f"{package.name} {package.shown}", reason=reason))
    checked = sum(not reason for reason in reasons.values())
    return AdvisoryCheck(
        advisories=tuple(sorted(found, key=lambda each: (each.package, each.id))),
        checked=checked,
        skipped=tuple(skipped),
        problem="" if checked else "the service answered for no package",
    )


def _advisories(entry: Node) -> list[Advisory]:
    return [
        Advisory(
            package=canonical(entry["name"].text()),
            version=entry["version"].text(),
            id=vulnerability["id"].text(),
            aliases=tuple(sorted(item.text() for item in vulnerability.members("aliases"))),
            fixed_in=tuple(item.text() for item in vulnerability.members("fix_versions")),
            summary=next(iter(vulnerability.optional("description").strip().splitlines()), ""),
        )
        for vulnerability in entry.members("vulns")
    ]
