"""Runs beside a real one: what they may not write, and what a run that is the user's own keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probes.children import BASELINE, run_script

WRITING = """
import os, shutil, sys
outside = sys.argv[1]

def attempt(what, *args, **kwargs):
    try:
        what(*args, **kwargs)
    except PermissionError as error:
        print(what.__name__, "refused", os.path.relpath(error.filename, outside))
    else:
        print(what.__name__, "done")

attempt(open, f"{outside}/new.txt", "w")
attempt(open, f"{outside}/old.txt", "a")
attempt(open, f"{outside}/old.txt")
attempt(os.makedirs, outside, exist_ok=True)
attempt(os.mkdir, f"{outside}/folder")
attempt(os.remove, f"{outside}/old.txt")
attempt(os.rename, f"{outside}/old.txt", "here.txt")
attempt(os.symlink, "x", f"{outside}/link")
attempt(os.truncate, f"{outside}/old.txt", 0)
attempt(shutil.copy, "train.py", f"{outside}/copy.py")
attempt(open, "inside.txt", "w")
attempt(open, os.devnull, "w")
os.chdir(outside)
attempt(open, "relative.txt", "w")
"""


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder with a file, neither in the project nor temporary for the run."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder, "old.txt").write_text("old", encoding="utf-8")
        yield Path(folder)


def test_user_code_is_refused_to_write_outside(tmp_path: Path, outside: Path) -> None:
    """Everything that changes a file, or makes one, before it does; reading and the run's own folders pass."""
    project = tmp_path / "project"
    child = run_script(project, WRITING, args=[str(outside)], writable=[str(project)], conditions=dict(BASELINE))
    assert child.stdout.splitlines() == [
        "open refused new.txt",
        "open refused old.txt",
        "open done",
        "makedirs done",
        "mkdir refused folder",
        "remove refused old.txt",
        "rename refused old.txt",
        "symlink refused link",
        "truncate refused old.txt",
        "copy refused copy.py",
        "open done",
        "open done",
        "open refused relative.txt",
    ]
    assert [path.name for path in outside.iterdir()] == ["old.txt"]
    assert (outside / "old.txt").read_text(encoding="utf-8") == "old"
    refusals = child.of_type("refusal")
    assert {line["host"] for line in refusals} == {""}
    assert refusals[0]["what"] == f"{outside}/new.txt"
    assert refusals[0]["stack"][0]["place"]["line"] == 7
    assert child.not_compared == []


def test_without_such_a_limit_nothing_is_refused(tmp_path: Path, outside: Path) -> None:
    """The runs of other audits write like any program of the user's."""
    source = f"open('{outside}/new.txt', 'w').write('x')"
    child = run_script(tmp_path / "project", source, writable=None, conditions=dict(BASELINE))
    assert (child.code, child.of_type("refusal")) == (0, [])
    assert (outside / "new.txt").read_text(encoding="utf-8") == "x"


def test_the_users_own_run_has_real_entropy_and_order_and_recorded_draws(tmp_path: Path) -> None:
    """Keys and listings are the system's; a draw that nobody seeded comes from the seed; all of them are events."""
    source = "import os, random, secrets\nprint(secrets.token_hex(8), os.listdir('data'))\nprint(random.random())"
    data = tmp_path / "project/data"
    data.mkdir(parents=True)
    for name in "cab":
        (data / name).touch()
    plain = [path.name for path in data.iterdir()]
    children = [
        run_script(tmp_path / "project", source, attended=True, seed=2**100, conditions=dict(BASELINE))
        for _ in range(2)
    ]
    (keys, draws), (other_keys, other_draws) = (child.stdout.splitlines() for child in children)
    assert keys != other_keys
    assert keys.endswith(str(plain))
    assert draws == other_draws
    assert {event.source for event in children[0].events} == {"entropy", "listing", "random"}
