"""Writing below ``.reprocheck``: one writer at a time, each file whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FOLDER = ".reprocheck"
"""Below the project's root."""
_DRAFT = ".draft"


@contextmanager
def writing(root: Path) -> Iterator[Path]:
    """The folder, for one process at a time; others wait. Raises OSError where it cannot be made or locked."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(held)


def replace(folder: Path, texts: Mapping[str, str]) -> None:
    """Give files in the folder new texts; raises OSError.

    All drafts are on the disk before the first file is replaced. A draft that a killed process left is written over,
    as one process writes at a time.
    """
    drafts = {name: folder / f"{name}{_DRAFT}" for name in texts}
    try:
        for name, draft in drafts.items():
            draft.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as file:
                file.write(texts[name])
                file.flush()
                os.fsync(file.fileno())
        for name, draft in drafts.items():
            draft.replace(folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
