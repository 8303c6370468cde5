"""The installed environment as a lock of PEP 751, made by uv and believed only if it holds all that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from pytest_reprocheck.core.environments import PYTHON, Environment, Package, without_credentials
from pytest_reprocheck.core.errors import DecodeError, LockError
from pytest_reprocheck.environment.drift import compare
from pytest_reprocheck.environment.live import Live
from pytest_reprocheck.environment.locks.reading import read_lock

PYLOCK = "pylock.toml"
_TIMEOUT = 600
_PATH = re.compile(r'(?<=path = ")[^"]+(?=")')


def pylock_text(live: Live, python: str, root: Path, folder: Path, settings: Mapping[str, str]) -> str:
    """The text of the lock; raises LockError where there can be none.

    Args:
        live: what is installed.
        python: its interpreter.
        root: the project's root, whose settings uv obeys.
        folder: where the lock will lie: paths of local installs below the root are relative to it.
        settings: variables that uv is given beside the caller's.
    """
    owned = [each.name for each in live.environment.packages if each.installer == "conda" and each.name != PYTHON]
    if owned:
        raise LockError(f"conda installed {len(owned)} of the packages", hint="Lock them with conda-lock.")
    lines = "".join(f"{line}\n" for line in _requirements(live.environment))
    with TemporaryDirectory(prefix="reprocheck-lock-") as scratch:
        target = Path(scratch) / PYLOCK
        # --no-deps: what is installed is locked as it is, also where its metadata would not allow it.
        options = ["-q", "--no-deps", "--no-header", "--format", "pylock.toml", "--python", python]
        _run([_uv(), "pip", "compile", *options, "-o", str(target), "-"], lines, root, settings)
        text = without_credentials(target.read_text(encoding="utf-8"))
        _verify(target, live)
    return _PATH.sub(lambda match: _relative(match[0], root, folder), text)


def _requirements(environment: Environment) -> Iterator[str]:
    for package in environment.packages:
        if package.manager == "pypi" and package.name != PYTHON:
            yield _requirement(package)


def _requirement(package: Package) -> str:
    origin = package.origin
    match origin.kind:
        case "directory":
            path = unquote(urlsplit(origin.url).path)
            return f"-e {path}" if origin.editable else f"{package.name} @ {origin.url}"
        case "archive":
            return f"{package.name} @ {origin.url}"
        case "vcs":
            return f"{package.name} @ git+{origin.url}@{origin.commit}"
        case _:
            return f"{package.name}=={package.version}"


def _uv() -> str:
    """The program uv as this environment has it, else the one on the path."""
    try:
        from uv import find_uv_bin

        return find_uv_bin()
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise LockError("uv is not installed", hint="pip install uv")
    return found


def _run(command: list[str], lines: str, root: Path, settings: Mapping[str, str]) -> None:
    env = {**os.environ, **settings}
    try:
        done = subprocess.run(
            command, input=lines, cwd=root, env=env, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LockError(f"uv did not end well: {error}") from error
    if done.returncode:
        told = [line.strip() for line in without_credentials(done.stderr).splitlines() if line.strip()]
        why = [line.partition(": ")[2] for line in told if line.startswith(("error: ", "cause: "))][:2]
        raise LockError(f"uv: {'; '.join(why or told[:1] or [f'exit code {done.returncode}'])}")


def _verify(target: Path, live: Live) -> None:
    """Raise LockError unless the lock holds what is installed, each package with the version that is installed."""
    try:
        locked = read_lock(target, PYLOCK, live.markers)
    except DecodeError as error:
        raise LockError(f"what uv wrote cannot be read: {error}") from error
    if bare := [
        each.name for each in locked.packages if each.origin.kind in ("", "index", "archive") and not _is_pinned(each)
    ]:
        raise LockError(f"uv gave no hashes for {', '.join(bare)}")
    if wrong := compare(locked, live.environment).changes:
        raise LockError(f"what uv wrote is not what is installed: {', '.join(each.name for each in wrong)}")


def _is_pinned(package: Package) -> bool:
    """Whether an archive's hash says what it is; the interpreter is no archive."""
    return bool(package.hashes) or package.name == PYTHON


def _relative(path: str, root: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix() if Path(path).is_relative_to(root) else path
