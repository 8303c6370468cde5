"""Listings of the subject's own folders come in the order of the conditions; everything else about them is Python's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.trace import Event

from .children import Child, run_plain, run_script


def conditions(**values: Any) -> dict[str, Any]:
    """As child.json has them, for the factors that the probes of this folder vary."""
    given = Conditions(seed=1, hash=0, threads=1, **values)
    return {"listing": given.listing, "completion": given.completion, "replays": list(given.replays)}


WAYS = """
import glob, json, os, pathlib, shutil, sys
folder = pathlib.Path("parts")
descriptor = os.open(folder, os.O_RDONLY)
out = {}
out["listdir"] = os.listdir("parts")
out["listdir of bytes"] = [os.fsdecode(name) for name in os.listdir(b"parts")]
out["listdir of a path"] = os.listdir(path=folder)
out["listdir of a descriptor"] = os.listdir(descriptor)
out["scandir"] = [entry.name for entry in os.scandir("parts")]
out["scandir of a descriptor"] = [entry.name for entry in os.scandir(descriptor)]
with os.scandir(folder) as entries:
    out["scandir, context"] = [next(entries).name] + [entry.name for entry in entries]
out["glob"] = [os.path.basename(name) for name in glob.glob("parts/*")]
out["iglob"] = [os.path.basename(name) for name in glob.iglob("**/*.csv", recursive=True)]
out["glob, root"] = glob.glob("*.csv", root_dir="parts")
out["iterdir"] = [path.name for path in folder.iterdir()]
out["Path.glob"] = [path.name for path in folder.glob("*.csv")]
out["Path.rglob"] = [path.name for path in pathlib.Path().rglob("*.csv")]
out["walk"] = [name for _, _, names in os.walk("parts") for name in names]
out["fwalk"] = [name for _, _, names, _ in os.fwalk("parts") for name in names]
if hasattr(folder, "walk"):
    out["Path.walk"] = [name for _, _, names in folder.walk() for name in names]
os.chdir(folder)
out["listdir of here"] = os.listdir()
out["listdir of None"] = os.listdir(None)
out["copied"] = []
shutil.copytree(".", "../copy", copy_function=lambda source, to: out["copied"].append(os.path.basename(source)))
shutil.rmtree("../copy")
print(json.dumps(out))
"""
CALLED = [
    "os.listdir",
    "os.scandir",
    "glob.glob",
    "glob.iglob",
    "Path.iterdir",
    "Path.glob",
    "os.walk",
    "os.fwalk",
    "shutil.copytree",
]


def _project(tmp_path: Path) -> Path:
    parts = tmp_path / "project" / "parts"
    parts.mkdir(parents=True)
    for name in ("b.csv", "a.csv", "d.csv", "c.csv"):
        (parts / name).touch()
    return tmp_path / "project"


def _listings(child: Child) -> list[Event]:
    return [event for event in child.events if event.source == "listing"]


@pytest.mark.parametrize("order", ["sorted", "reversed"])
def test_every_way_of_listing_follows_the_conditions(tmp_path: Path, order: str) -> None:
    """Each gives what plain Python gives, in the order that was asked for, and is logged under the user's name."""
    project = _project(tmp_path)
    child = run_script(project, WAYS, conditions=conditions(listing=order))
    assert (child.code, child.stderr) == (0, "")
    expected = ["a.csv", "b.csv", "c.csv", "d.csv"]
    found = json.loads(child.stdout)
    code, stdout, stderr = run_plain(project)
    assert (code, stderr) == (0, "")
    assert {way: sorted(names) for way, names in json.loads(stdout).items()} == dict.fromkeys(found, expected)
    assert found == dict.fromkeys(found, expected if order == "sorted" else expected[::-1])
    assert set(CALLED) <= {event.what for event in _listings(child)}
    assert all(event.stream == f"listing@{event.stack[0].place}" for event in _listings(child))
    assert [line["facts"]["listing"] for line in child.of_type("facts") if "listing" in line["facts"]] == [order]
    assert child.not_compared == []


OTHERS = """
import os, pathlib, sys
import helper
def names(folder):
    return os.listdir(folder)
for folder in (sys.argv[1], sys.argv[2]):
    print(names(folder), [path.name for path in pathlib.Path(folder).iterdir()])
print(helper.LISTED)
one = os.listdir("one")
os.listdir(os.path.dirname(os.__file__))
sys.path_importer_cache.clear()
import json.tool
"""


def test_what_is_listed_where(tmp_path: Path) -> None:
    """Data outside of the project and modules that are imported count; Python's own folders and single files do not."""
    project = _project(tmp_path)
    (project / "helper.py").write_text("import os\nLISTED = os.listdir('parts')\n")
    (project / "one").mkdir()
    (project / "one/x").touch()
    outside, hidden = tmp_path / "data", tmp_path / ".cache"
    for folder in (outside, hidden):
        folder.mkdir()
        (folder / "x").touch()
        (folder / "y").touch()
    args = [str(outside), str(hidden)]
    child = run_script(project, OTHERS, conditions=conditions(listing="reversed"), args=args)
    assert (child.code, child.stderr) == (0, "")
    assert child.stdout.splitlines() == ["['y', 'x'] ['y', 'x']"] * 2 + ["['d.csv', 'c.csv', 'b.csv', 'a.csv']"]
    places = [(event.what, str(event.stack[0].place)) for event in _listings(child)]
    assert places == [("os.listdir", "helper.py:2"), ("os.listdir", "train.py:5"), ("Path.iterdir", "train.py:7")]
    assert [[str(call.place) for call in event.stack] for event in _listings(child)][1] == ["train.py:5", "train.py:7"]


LIBRARIES = """
import concurrent.futures, multiprocessing, os, sys, tempfile
from sklearn.datasets import load_files
if __name__ == "__main__":
    data = load_files("texts", random_state=None, shuffle=False)
    print(data.target_names, [os.path.basename(name) for name in data.filenames])
    with tempfile.TemporaryDirectory() as folder:
        for name in ("p", "q", "r"):
            open(os.path.join(folder, name), "w").close()
        print(os.listdir(folder))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        print(list(pool.map(os.listdir, ["texts/b"])))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(os.listdir, ["texts/b"]))
"""


def test_libraries_and_workers_list_for_the_user(tmp_path: Path) -> None:
    """A library's listing is named after it; a worker that lists by itself has no line, and says so."""
    project = tmp_path / "project"
    for name in ("a/1", "a/2", "b/1", "b/2"):
        (project / "texts" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "texts" / name).write_text(name)
    child = run_script(project, LIBRARIES, conditions=conditions(listing="reversed"))
    assert (child.code, child.stderr) == (0, "")
    # This library sorts what it finds.
    first, *others = child.stdout.splitlines()
    assert first == "['a', 'b'] ['1', '2', '1', '2']"
    assert others == ["['r', 'q', 'p']", "[['2', '1']]", "[['2', '1']]"]
    found = [(event.what, event.stream) for event in _listings(child)]
    assert found == [
        ("sklearn load_files", "listing@train.py:5"),
        ("os.listdir", "listing@train.py:10"),
        ("os.listdir", "listing@?"),
    ]
    (worker,) = (lines for name, lines in child.logs.items() if name != "main.jsonl")
    assert [line["what"] for line in worker if line["type"] == "event"] == ["os.listdir"]


UNCHANGED = """
import inspect, os, pickle, shutil, traceback, warnings
print(inspect.signature(os.listdir), inspect.signature(os.scandir), os.listdir.__name__, os.scandir.__doc__)
print(os.scandir in os.supports_fd, os.listdir in os.supports_fd, shutil.rmtree.avoids_symlink_attacks)
print(pickle.loads(pickle.dumps(os.listdir))("one"))
for wrong in ("absent", 1.5, "train.py", b"absent", 77):
    for function in (os.listdir, os.scandir):
        try:
            function(wrong)
        except Exception as error:
            print(type(error), error, getattr(error, "filename", None), len(traceback.extract_tb(error.__traceback__)))
try:
    os.listdir("one", "two")
except TypeError as error:
    print(error)
entries = os.scandir("parts")
print(type(entries).__name__, iter(entries) is entries, next(entries).is_file(), len(list(entries)))
print(list(entries), list(entries), entries.close())
entries = os.scandir("parts")
next(entries)
entries.close()
print(list(entries))
with os.scandir("parts") as entries:
    pass
print(list(entries))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    unclosed = os.scandir("parts")
    next(unclosed)
    del unclosed
    for _ in os.scandir("parts"):
        pass
print([(str(one.message).partition(" object")[0], one.category, one.lineno) for one in caught])
entry = next(iter(os.scandir("one")))
print(entry, entry.path, entry.stat().st_size, os.fspath(entry), sorted(os.listdir("parts")), len(os.listdir("parts")))
"""


def test_nothing_but_the_order_changes(tmp_path: Path) -> None:
    """Errors, warnings, signatures, pickles and the protocol of iterators are those of plain Python."""
    project = _project(tmp_path)
    (project / "one").mkdir()
    (project / "one/x").touch()
    child = run_script(project, UNCHANGED, conditions=conditions(listing="reversed"))
    assert (child.code, child.stdout, child.stderr) == run_plain(project)
    assert child.code == 0


def test_without_conditions_listings_are_the_systems(tmp_path: Path) -> None:
    """As for functions that are observed inside a process which is not ours."""
    project = _project(tmp_path)
    child = run_script(project, "import os\nprint(os.listdir('parts'))\n")
    assert (child.code, child.stdout, child.stderr) == run_plain(project)
    assert child.stdout == f"{os.listdir(project / 'parts')}\n"  # noqa: PTH208
    assert _listings(child) == []
