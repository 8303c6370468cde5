"""What is found where other programs are at work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.execution.surveying import survey


def test_files_that_vanish_meanwhile_hide_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder for temporary files is looked through to its end."""
    root, shared = tmp_path / "project", tmp_path / "shared"
    root.mkdir()
    shared.mkdir()
    pipes = {shared / "first", shared / "last"}
    for path in pipes:
        os.mkfifo(path)
    gone = shared / "gone"
    listed = os.scandir

    def emptied(folder: Any) -> Any:
        if folder != shared:
            return listed(folder)
        gone.touch()
        with listed(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        gone.unlink()
        return found

    monkeypatch.setattr(os, "scandir", emptied)
    monkeypatch.setattr("pytest_reprocheck.execution.surveying._TEMPORARY", shared)
    assert set(survey(root).special) == pipes


def test_files_of_others_are_found_for_an_ordinary_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a user namespace nobody else exists, so that such a file could not be written to; root is not asked."""
    (tmp_path / "shared.log").touch()
    own = (os.geteuid(), os.getegid())
    monkeypatch.setattr(os, "geteuid", lambda: own[0] or 12345)
    monkeypatch.setattr(os, "getegid", lambda: own[1] + 1)
    assert survey(tmp_path).foreign == tmp_path / "shared.log"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert survey(tmp_path).foreign is None
