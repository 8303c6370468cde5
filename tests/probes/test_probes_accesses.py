"""What the subject reads, lists, tests and writes is told once for each path and kind, at the user's line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.trace import Access

from .children import PROBES, Child, run_notebook, run_plain, run_script
from .test_probes_listing import conditions


def accesses(child: Child) -> list[Access]:
    """Decoded accesses of the main process."""
    return [from_json(Access, line) for line in child.of_type("access")]


def told(child: Child) -> list[tuple[int | None, str, str]]:
    """Each access as the user's nearest line, kind and path."""
    return [(one.stack[0].place.line if one.stack else None, one.kind, one.path) for one in accesses(child)]


EVERY = """
import os, shutil, sqlite3
from pathlib import Path
os.makedirs("out/deep", exist_ok=True)
Path("out").mkdir(exist_ok=True)
with open("out/w", "w") as file: file.write("x")
with open("out/w") as file: file.read()
with open(b"out/w", "rb") as file: file.read()
with open("a", "a"): pass
with open("x", "x"): pass
with open("old", "r+"): pass
with open("w+", "w+"): pass
os.close(os.open("low", os.O_CREAT | os.O_WRONLY))
Path("touched").touch()
os.rename("x", "y")
shutil.copy("out/w", "out/copy")
shutil.move("out/copy", "moved")
os.truncate("moved", 0)
os.symlink("moved", "symbolic")
os.link("moved", "hard")
os.remove("hard")
sqlite3.connect("base.db").close()
sqlite3.connect("file:uri.db?mode=rwc", uri=True).close()
sqlite3.connect(":memory:").close()
os.listdir("out")
list(Path("out").iterdir())
shutil.rmtree("out")
try: open("absent")
except OSError: pass
os.chdir("sub")
open("inner").close()
open("../w+").close()
os.chdir("..")
open("inner", "w").close()
"""


def test_every_kind_of_access(tmp_path: Path) -> None:
    """Once each, in the order in which things happened: what was written before it was read is no leftover."""
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / "sub/inner").touch()
    (project / "old").touch()
    child = run_script(project, EVERY, conditions=conditions())
    assert (child.code, child.stdout, child.stderr) == (0, "", "")
    assert told(child) == [
        (4, "written", "out"),
        (4, "written", "out/deep"),
        (6, "written", "out/w"),
        (7, "read", "out/w"),
        (9, "tested", "a"),
        (9, "written", "a"),
        (10, "tested", "x"),
        (10, "written", "x"),
        (11, "read", "old"),
        (11, "written", "old"),
        (12, "written", "w+"),
        (13, "tested", "low"),
        (13, "written", "low"),
        (14, "tested", "touched"),
        (14, "written", "touched"),
        (15, "read", "x"),
        (15, "written", "y"),
        (16, "written", "out/copy"),
        (17, "read", "out/copy"),
        (17, "written", "moved"),
        (19, "written", "symbolic"),
        (20, "read", "moved"),
        (20, "written", "hard"),
        (22, "read", "base.db"),
        (23, "read", "uri.db"),
        (25, "listed", "out"),
        (27, "listed", "out/deep"),
        (28, "read", "absent"),
        (31, "read", "sub/inner"),
        (32, "read", "w+"),
        (34, "written", "inner"),
    ]
    numbers = [one.seq for one in accesses(child)]
    assert numbers == sorted(set(numbers))
    assert child.not_compared == []


TESTS = """
import os, shutil
from pathlib import Path
def is_cached(name):
    return Path(name).exists()
found = [is_cached("p"), is_cached("p")]
found.append(os.path.exists("e") or os.path.isfile("f") or os.path.isdir("d") or os.path.lexists("l"))
found.append(os.path.islink("k") or os.access("train.py", os.R_OK))
found.append(os.path.getsize("helper.py") and Path("helper.py").stat().st_size)
found.append(Path("s").is_file() or Path("t").is_dir())
try: os.stat("u")
except FileNotFoundError as error: found.append(str(error))
Path("x/../y").resolve(), os.path.realpath("z"), os.path.ismount(".")
import json, csv, helper
os.stat(0), os.fstat(0)
import pandas
pandas.DataFrame({"a": [1]}).to_csv("frame.csv")
print(found, os.stat in os.supports_follow_symlinks, os.access in os.supports_effective_ids)
"""


def test_tests_of_files_by_user_code(tmp_path: Path) -> None:
    """No audit event tells them; what a library, an import or ``resolve`` looks at on its way does not count."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "helper.py").write_text("x = 1\n")
    child = run_script(project, TESTS, conditions=conditions())
    assert (child.code, child.stdout, child.stderr) == run_plain(project)
    assert told(child) == [
        (5, "tested", "p"),
        *((7, "tested", name) for name in "efdl"),
        (8, "tested", "k"),
        (8, "tested", "train.py"),
        (9, "tested", "helper.py"),
        (10, "tested", "s"),
        (10, "tested", "t"),
        (11, "tested", "u"),
        (17, "written", "frame.csv"),
    ]
    (first, *_) = accesses(child)
    assert [call.function for call in first.stack] == ["is_cached", "<module>"]
    assert first.step == 3


PLACES = """
import concurrent.futures, os, sys, tempfile, threading, traceback, warnings
import helper
import pandas as pd
outside, hidden = sys.argv[1:]
open(outside + "/in").close()
open(outside + "/out", "w").close()
pd.read_csv(hidden + "/library.csv")
open(hidden + "/own").close()
open(os.__file__).close(), open("/proc/self/status").close(), open("/etc/hostname").close(), open(pd.__file__).close()
with tempfile.TemporaryDirectory() as folder:
    open(folder + "/x", "w").close()
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    pool.submit(pd.read_csv, "frame.csv").result()
    pool.submit(pd.read_csv, outside + "/frame.csv").result()
warnings.warn("source text is no data")
traceback.format_stack()
"""


def test_which_paths_count(tmp_path: Path) -> None:
    """The project's and the user's elsewhere; not Python's, the system's, temporary ones, or a library's own."""
    project, outside, hidden = tmp_path / "project", tmp_path / "data", tmp_path / ".cache"
    for folder in (project, outside, hidden):
        folder.mkdir()
        for name in ("frame.csv", "library.csv", "own", "in"):
            (folder / name).write_text("a\n1\n")
    (project / "helper.py").write_text("TEXT = open('frame.csv').read()\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    child = run_script(
        project, PLACES, conditions=conditions(), args=[str(outside), str(hidden)], variables={"TMPDIR": str(scratch)}
    )
    assert child.code == 0, child.stderr
    assert told(child) == [
        (1, "read", "frame.csv"),
        (6, "read", f"{outside}/in"),
        (7, "written", f"{outside}/out"),
        (9, "read", f"{hidden}/own"),
        (None, "read", f"{outside}/frame.csv"),
    ]
    assert [str(call.place) for call in accesses(child)[0].stack] == ["helper.py:1", "train.py:3"]


def test_a_worker_process_tells_its_own(tmp_path: Path) -> None:
    """A forked one writes a log of its own, and says nothing that its parent has said."""
    source = (
        "import multiprocessing\n"
        "def read(name):\n"
        "    return open(name).read()\n"
        "open('a').close()\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "    pool.map(read, ['a', 'b'])\n"
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / "a").touch()
    (project / "b").touch()
    child = run_script(project, source, conditions=conditions())
    assert child.code == 0, child.stderr
    assert told(child) == [(4, "read", "a")]
    (worker,) = (lines for name, lines in child.logs.items() if name != "main.jsonl")
    assert [line["path"] for line in worker if line["type"] == "access"] == ["b"]


def test_cells_and_magics(tmp_path: Path) -> None:
    """In a kernel only what the cells do is told."""
    cells = ["from pathlib import Path\nPath('made').write_text('x')", "%cd -q .\nprint(open('made').read())"]
    child, _ = run_notebook(tmp_path / "project", cells, conditions=conditions())
    found = [(one.kind, one.path, one.step, str(one.stack[0].place)) for one in accesses(child)]
    assert found == [("written", "made", 0, "nb.ipynb cell[0]:2"), ("read", "made", 1, "nb.ipynb cell[1]:2")]


def test_there_is_an_end_to_telling(tmp_path: Path) -> None:
    """Ten thousand are enough; the rest is said to be left out."""
    source = "import os\nfor number in range(10_050):\n    os.path.exists(f'absent{number}')\n"
    child = run_script(tmp_path / "project", source, conditions=conditions())
    assert child.code == 0, child.stderr
    assert len(accesses(child)) == 10_000
    assert [(one.what, one.reason) for one in child.not_compared] == [
        ("file accesses", "only the first 10,000 of this process are told")
    ]


STOPPED = """
import importlib, json, os, sys
sys.path.insert(0, os.path.dirname({probes!r}))
probes = importlib.import_module("probes")
from probes import files, log, probe
lines = log.MemoryLog()
config = {{"root": os.getcwd(), "path": "train.py", "seed": 1, "record": os.getcwd(), "conditions": {conditions!r}}}
before = [os.listdir, os.scandir, os.stat, os.lstat, os.access, len(os.supports_fd), len(os.supports_dir_fd)]
one = probe.Probe(config, lines)
one.step = 0
files.install(one)
open("first", "w").close()
patched = os.stat is not before[2]
one.stop()
open("second", "w").close()
after = [os.listdir, os.scandir, os.stat, os.lstat, os.access, len(os.supports_fd), len(os.supports_dir_fd)]
print([line["path"] for line in lines.lines if line["type"] == "access"], patched, before == after)
"""


def test_nothing_is_left_when_the_probes_are_taken_out(tmp_path: Path) -> None:
    """The audit hook stays, as Python wants it, but says nothing."""
    source = STOPPED.format(probes=str(PROBES), conditions=conditions())
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("['first'] True True\n", "")
