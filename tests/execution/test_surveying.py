"""What is found where other programs are at work."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.execution.surveying import Surveyor, survey


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


def test_a_project_is_walked_again_when_something_came_or_went(tmp_path: Path) -> None:
    """What is in it now is found, in whatever folder it came; an unchanged project is not walked."""
    folder = tmp_path / "a/b"
    folder.mkdir(parents=True)
    old = time.time() - 10
    for path in (folder, folder.parent, tmp_path):
        os.utime(path, (old, old))
    surveyor = Surveyor()
    assert surveyor.survey(tmp_path).environments == ()
    first = surveyor.walks[tmp_path]
    assert surveyor.survey(tmp_path) == survey(tmp_path)
    assert surveyor.walks[tmp_path] is first
    os.mkfifo(folder / "pipe")
    assert folder / "pipe" in surveyor.survey(tmp_path).special
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").touch()
    assert surveyor.survey(tmp_path).environments == (tmp_path / "env",)


def test_a_walk_just_after_a_change_is_not_trusted(tmp_path: Path) -> None:
    """A change in the same tick of the file system's clock would leave the same time."""
    surveyor = Surveyor()
    surveyor.survey(tmp_path)
    first = surveyor.walks[tmp_path]
    surveyor.survey(tmp_path)
    assert surveyor.walks[tmp_path] is not first


def test_what_comes_into_a_folder_outside_is_found(tmp_path: Path) -> None:
    """Also below a folder that was looked into long before."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        outside = Path(name).resolve()
        below = outside / "below"
        below.mkdir()
        (tmp_path / "link").symlink_to(outside)
        os.mkfifo(outside / "first")
        long_ago = time.time() - 60
        for folder in (below, outside):
            os.utime(folder, (long_ago, long_ago))
        surveyor = Surveyor()

        def found() -> set[str]:
            special = surveyor.survey(tmp_path).special
            return {path.name for path in special if path.is_relative_to(outside)}

        assert (found(), found()) == ({"first"}, {"first"})
        os.mkfifo(below / "second")
        assert found() == {"first", "second"}
        (outside / "first").unlink()
        assert found() == {"second"}
