"""What a run may leave behind: processes, and folders for temporary files."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

NAME = "REPROCHECK_TEST_MARK"


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Tells what was started and made since it was set up."""

    mark: str
    """Inherited by every process that was started since, in its environment."""
    temporary: Path
    """Where folders for temporary files are made."""

    def processes(self) -> list[str]:
        """Commands of the processes that are alive."""
        wanted = f"{NAME}={self.mark}".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if wanted in environ.read_bytes().split(b"\0"):
                    found.append(environ.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def folders(self) -> list[str]:
        """Names in the folder for temporary files."""
        return sorted(path.name for path in self.temporary.iterdir())

    def wait_for_processes(self, *, alive: bool, seconds: float = 20) -> None:
        """Until there are some, or none: what the system does when a parent dies takes a moment."""
        until(lambda: bool(self.processes()) == alive, seconds)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until a function says so; fails after some seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@contextmanager
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """Mark what is started inside, and give it a folder of its own for temporary files, with a short name."""
    found = Traces(mark=uuid.uuid4().hex, temporary=Path(tempfile.mkdtemp(prefix="t-", dir="/tmp")))
    monkeypatch.setenv(NAME, found.mark)
    monkeypatch.setenv("TMPDIR", str(found.temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    try:
        yield found
    finally:
        monkeypatch.undo()
        shutil.rmtree(found.temporary, ignore_errors=True)


def leaves_nothing(found: Traces) -> None:
    """No process and no folder is left; the processes are those that have not ended by now."""
    assert found.processes() == []
    assert found.folders() == []
