"""The use cases: lock what is installed, tell what moved between two environments, ask for advisories."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_reprocheck.core.environments import AdvisoryCheck, Drift, Environment, Locked
from pytest_reprocheck.core.errors import LockError
from pytest_reprocheck.environment import advisories
from pytest_reprocheck.environment.drift import compare
from pytest_reprocheck.environment.index_settings import for_uv
from pytest_reprocheck.environment.live import ask
from pytest_reprocheck.environment.locks.reading import read_lock
from pytest_reprocheck.environment.pinning import PYLOCK, pylock_text
from pytest_reprocheck.environment.store import FOLDER, replace, writing
from pytest_reprocheck.environment.written import SNAPSHOT, snapshot_text


def lock(root: Path, python: str | None = None) -> Locked:
    """Write the lock of an interpreter's environment, and the snapshot of what no lock holds, below ``.reprocheck``.

    Where uv cannot lock it, the snapshot alone is written, and an older lock is left as it is: nothing is guessed.

    Args:
        root: the project's absolute path.
        python: the interpreter; the running one by default.

    Raises:
        BlockedError: the interpreter cannot be asked.
        OSError: the folder cannot be written.
    """
    with writing(root) as folder:
        return lock_into(folder, root, python)


@contextmanager
def updating(root: Path) -> Iterator[Path]:
    """The folder for all that one update writes, so that records and lock are of one update; others wait."""
    with writing(root) as folder:
        yield folder


def lock_into(folder: Path, root: Path, python: str | None = None) -> Locked:
    """As ``lock``, by a process that holds the folder already."""
    live = ask(python)
    texts = {SNAPSHOT: snapshot_text(live.environment, root)}
    problem = ""
    interpreter = _absolute(python or sys.executable)
    try:
        texts[PYLOCK] = pylock_text(live, interpreter, root, folder, for_uv(root, interpreter))
    except LockError as error:
        problem = str(error)
    kept = problem and (folder / PYLOCK).exists()
    replace(folder, texts)
    return Locked(
        environment=live.environment,
        written=tuple(f"{FOLDER}/{name}" for name in sorted(texts, reverse=True)),
        problem=problem,
        outdated=f"{FOLDER}/{PYLOCK}" if kept else "",
    )


def _absolute(python: str) -> str:
    """An interpreter as programs find it that run in another folder; links stay, or an environment would be lost."""
    return os.path.abspath(shutil.which(python) or python)  # noqa: PTH100


def drift(before: str, after: str | None, python: str | None = None, imported: Collection[str] = ()) -> Drift:
    """What moved from one lock to another, or to what is installed.

    Args:
        before: path of a lock.
        after: path of a lock; None for the interpreter's own environment.
        python: the interpreter that locks are read for, whose environment it is; the running one by default.
        imported: names of the distributions that subjects import, which are told first.

    Raises:
        DecodeError: a lock cannot be read; nothing is written in any case.
        BlockedError: the interpreter cannot be asked.
    """
    live = ask(python)
    old = read_lock(Path(before), before, live.markers)
    new = live.environment if after is None else read_lock(Path(after), after, live.markers)
    return compare(old, new, imported)


def locked_set(root: Path) -> Environment:
    """What the project's own lock holds; where there is none, what is installed.

    Raises DecodeError for a lock that cannot be read, and BlockedError.
    """
    path = f"{FOLDER}/{PYLOCK}"
    live = ask()
    return read_lock(root / path, path, live.markers) if (root / path).exists() else live.environment


def known_advisories(environment: Environment) -> AdvisoryCheck:
    """What is published of the weaknesses of an environment's packages."""
    return advisories.check(environment)


def read(path: str, python: str | None = None) -> Environment:
    """A lock as it applies to an interpreter; raises DecodeError and BlockedError as ``drift`` does."""
    return read_lock(Path(path), path, ask(python).markers)
