"""Locks of every format with one wrong piece, cut off, and under another's name: a located error, or a lock."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import yaml

from pytest_reprocheck.core.environments import Environment
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.environment.drift import compare
from tests.environment.test_locks import FOLDER, LINUX, read
from tests.mutating import mutants, refused

WRONG = (None, 3, "x", ["x"], {"x": 1})

SNAPSHOT = {
    "format": "reprocheck-environment",
    "version": 1,
    "environment": {
        "kind": "live",
        "host": {"cpu": "x"},
        "packages": [{"name": "a", "version": "1", "origin": {"kind": "archive", "url": "https://x/a.whl"}}],
    },
}
MADE = {"environment.json": json.dumps(SNAPSHOT)}
TOOLS = (
    "uv.lock", "workspace/uv.lock", "train.py.lock", "pylock.uv.toml", "pylock.pip.toml", "poetry.lock",
    "Pipfile.lock", "conda-lock.yml", "environment.yml", "requirements-pip-tools.txt", "requirements-uv.txt",
)  # fmt: skip
Write = Callable[[Any], str]


def text_of(name: str) -> str:
    return MADE[name] if name in MADE else (FOLDER / name).read_text(encoding="utf-8")


def form(name: str) -> tuple[Callable[[str], Any], Write]:
    """How a lock's text becomes data, and data a text again."""
    if name.endswith((".json", "Pipfile.lock")):
        return json.loads, json.dumps
    if name.endswith(".yml"):
        return yaml.safe_load, lambda data: str(yaml.safe_dump(data))
    return tomllib.loads, tomli_w.dumps


def taken(folder: Path, name: str, text: str) -> Environment | DecodeError:
    """The lock, which can be compared, or a located error of one line."""
    file = folder / Path(name).name
    file.write_text(text, encoding="utf-8")
    found = refused(read, file, LINUX)
    if isinstance(found, DecodeError):
        assert found.where.startswith(file.name)
        assert "\n" not in str(found)
    else:
        compare(found, found)
    assert file.read_text(encoding="utf-8") == text
    return found


@pytest.mark.parametrize("name", [*(each for each in TOOLS if not each.endswith(".txt")), *MADE])
def test_every_wrong_piece_is_told_or_does_not_matter(name: str, tmp_path: Path) -> None:
    """A piece that a reader looks at is named; one of which it makes no use may be anything."""
    load, dump = form(name)
    data = load(text_of(name))
    wrong = [value for value in WRONG if value is not None or dump is not tomli_w.dumps]
    errors = 0
    for path, mutant in mutants(data, wrong):
        if isinstance(mutant, dict) or dump is not tomli_w.dumps:
            try:
                errors += isinstance(taken(tmp_path, name, dump(mutant)), DecodeError)
            except Exception as error:
                raise AssertionError(f"{name} with another {path}") from error
    assert errors > 10


@pytest.mark.parametrize("name", [*TOOLS, *MADE])
def test_a_lock_that_was_cut_off_is_told_or_shorter(name: str, tmp_path: Path) -> None:
    """Formats of lines can be cut between two of them."""
    text = text_of(name)
    for end in range(0, len(text), max(1, len(text) // 100)):
        taken(tmp_path, name, text[:end])
    merged = text.splitlines(keepends=True)
    merged[-1:] = ["<<<<<<< ours\n", merged[-1], "=======\n", merged[-1], ">>>>>>> theirs\n"]
    error = taken(tmp_path, name, "".join(merged))
    assert isinstance(error, DecodeError)
    assert "merge conflict" in error.message


@pytest.mark.parametrize("name", [*TOOLS, *MADE])
def test_a_lock_under_the_name_of_another_is_told(name: str, tmp_path: Path) -> None:
    """Whichever two are mistaken for each other; the lines of a requirements file may be none."""
    for other in ("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "conda-lock.yml", "environment.json"):
        if Path(name).suffix != Path(other).suffix or Path(name).stem.partition(".")[0] != Path(other).stem:
            found = taken(tmp_path, other, text_of(name))
            is_the_same = name == other or {name, other} <= {"workspace/uv.lock", "train.py.lock", "uv.lock"}
            assert isinstance(found, DecodeError) or is_the_same
