"""papermill with ``--engine reprocheck``: its own run, once and as it is without us, and an audit beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
import papermill.engines
import pytest
from nbclient.exceptions import DeadKernelError
from papermill.iorw import papermill_io

from pytest_reprocheck import papermill_run
from pytest_reprocheck.accompanying import audit_beside
from pytest_reprocheck.execution.machine import probe_machine
from pytest_reprocheck.papermill_engine import ReprocheckEngine
from tests.faces.papermilling import (
    as_papermill_has_it,
    audit_in,
    execute,
    first_cell,
    lines_of,
    read,
    started,
    write,
)

RICH = (
    ("alpha = 1\nname = 'x'", "parameters"),
    "# papermill_description=printing\nimport sys\nprint(alpha, name)\nprint('to stderr', file=sys.stderr)",
    "import os\nprint(os.path.basename(os.getcwd()), sorted(os.listdir()))",
    """\
from IPython.display import HTML, display, update_display
display(HTML('<b>bold</b>'), display_id='one')
update_display(HTML('<i>later</i>'), display_id='one')""",
    ("print('never')", "skip-execution"),
    "import time\nprint('a', end='\\r')\ntime.sleep(1.2)\n{'x': [1, 2.5]}",
)
"""A cell for each thing that papermill does something with."""
RANDOM = "import numpy as np\nx = np.random.rand()\nprint(x)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, where papermill is called, in a process whose papermill knows the engine."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setitem(papermill.engines.papermill_engines._engines, "reprocheck", ReprocheckEngine)
    return folder


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder outside of the project and of temporary ones."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def test_the_entry_point_is_what_papermill_loads() -> None:
    """The package declares it, and it has what papermill calls; loading it imports nothing of ours or papermill's."""
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    declared = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["entry-points"]["papermill.engine"]
    assert declared == {"reprocheck": "pytest_reprocheck.papermill_engine:ReprocheckEngine"}
    code = (
        "import sys, pytest_reprocheck.papermill_engine as e\n"
        "own = [m for m in sys.modules if m.startswith(('pytest_reprocheck', 'papermill'))]\n"
        "print(sorted(own), hasattr(e.ReprocheckEngine, 'execute_notebook'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pytest_reprocheck', 'pytest_reprocheck.papermill_engine'] True"


def test_the_output_is_papermills_own(project: Path) -> None:
    """With every option, notebook, files of streams, log and exit code are those of papermill without us."""
    write(project / "nb.ipynb", *RICH)
    (project / "work").mkdir()
    options = ["-p", "alpha", "0.5", "-p", "unknown", "1", "--cwd", "work", "--kernel", "python3", "--log-output"]
    options += ["--start-timeout", "90", "--execution-timeout", "90", "--autosave-cell-every", "1", "--report-mode"]

    def command(name: str, *more: str) -> subprocess.Popen[str]:
        files = ["--stdout-file", f"../{name}.out", "--stderr-file", f"../{name}.err"]
        return started(project, "nb.ipynb", f"../{name}.ipynb", *options, *files, *more)

    both = {"plain": command("plain"), "ours": command("ours", "--engine", "reprocheck")}
    told = {name: (process.communicate(), process.returncode) for name, process in both.items()}
    assert [code for _streams, code in told.values()] == [0, 0], told
    notebooks = {name: read(project.parent / f"{name}.ipynb") for name in both}
    assert as_papermill_has_it(notebooks["ours"]) == as_papermill_has_it(notebooks["plain"])
    assert audit_in(notebooks["ours"]).verdict == "reproducible"
    assert audit_in(notebooks["ours"]).parameters == {"alpha": 0.5, "unknown": 1}
    for ending in ("out", "err"):
        files = [(project / f"{name}.{ending}").read_text(encoding="utf-8") for name in both]
        assert files[0] == files[1]
    plain, ours = (lines_of(streams[1]) for streams, _code in told.values())
    assert ours == plain
    assert "Passed unknown parameter: unknown" in ours


def test_the_progress_bar_is_papermills_own(project: Path) -> None:
    """It counts the notebook's cells, and appears once."""
    write(project / "nb.ipynb", "1", "2")
    process = started(project, "nb.ipynb", "out.ipynb", "--engine", "reprocheck")
    told = process.communicate()[1]
    assert process.returncode == 0
    assert told.count("0/2") == 1
    assert "Executing: 100%" in told
    assert told.index("reprocheck: run B") < told.index("0/2")


def test_findings_name_the_likely_cause_and_are_not_confirmed(project: Path) -> None:
    """They stand in the metadata and in a first cell; an input that is such an output loses the old ones."""
    write(project / "nb.ipynb", ("alpha = 1", "parameters"), RANDOM, "sorted({'a', 'b'})")
    execute("nb.ipynb", "out.ipynb", parameters={"alpha": 2})
    notebook = read(project / "out.ipynb")
    found = audit_in(notebook)
    (finding,) = found.findings
    assert (found.name, found.verdict, found.runs) == ("nb.ipynb[alpha=2]", "nondeterministic", 2)
    assert (finding.cause, finding.confirmed, finding.severity) == ("unseeded-numpy", False, "error")
    assert (finding.location.cell, finding.location.line) == (1, 2)
    text = first_cell(notebook)
    assert "nondeterministic (1 not confirmed)" in text
    assert "`x = np.random.rand()`" in text
    assert "REPROCHECK_EXPLAIN=1" in text
    write(project / "clean.ipynb", "1")
    notebook.cells = [notebook.cells[0], *read(project / "clean.ipynb").cells]
    nbformat.write(notebook, project / "again.ipynb")  # type: ignore[no-untyped-call]
    again = execute("again.ipynb", None)
    assert [cell.cell_type for cell in again.cells] == ["markdown", "code"]
    assert audit_in(again).verdict == "reproducible"
    assert "it gave the same" in first_cell(again)


def test_only_papermills_run_is_in_place_and_it_is_made_once(project: Path) -> None:
    """What the notebook appends is there once, rewritten files are no difference, and the cell can be left out."""
    (project / "pyproject.toml").write_text("[tool.reprocheck.papermill]\ncell = false\n", encoding="utf-8")
    (project / "same.txt").write_text("same", encoding="utf-8")
    write(
        project / "sub/nb.ipynb",
        "with open('runs.txt', 'a') as file:\n    print('run', file=file)",
        "from pathlib import Path\nPath('same.txt').write_text('same')",
        "import tempfile\nprint(tempfile.gettempdir())",
    )
    notebook = execute("sub/nb.ipynb", "out.ipynb")
    assert (project / "runs.txt").read_text(encoding="utf-8") == "run\n"
    assert audit_in(notebook).verdict == "reproducible", audit_in(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["code"] * 3
    assert notebook.cells[2].outputs[0].text.strip() == tempfile.gettempdir()


def test_a_raising_cell(project: Path) -> None:
    """papermill's exception, error cells and notebook; both runs failed alike."""
    cells = (("int('x')", "raises-exception"), "def f(x):\n    return 1 / x\nf(0)", "print(2)")
    write(project / "nb.ipynb", *cells)
    errors = []
    for engine, target in ((None, "plain.ipynb"), ("reprocheck", "ours.ipynb")):
        with pytest.raises(papermill.PapermillExecutionError) as caught:
            execute("nb.ipynb", target, engine=engine)
        errors.append(caught.value)
    assert str(errors[0]) == str(errors[1])
    notebook = read(project / "ours.ipynb")
    assert as_papermill_has_it(notebook) == as_papermill_has_it(read(project / "plain.ipynb"))
    found = audit_in(notebook)
    assert (found.verdict, found.reason) == ("failed", "nb.ipynb cell[1]:2: ZeroDivisionError: division by zero")
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "markdown", "code", "markdown", "code", "code"]


def test_what_would_write_outside_blocks_the_audit_alone(project: Path, elsewhere: Path) -> None:
    """Files elsewhere and other machines see the real run only, also where the program swallows the refusal."""
    (project / "pyproject.toml").touch()
    write(
        project / "nb.ipynb",
        f"try:\n    open('{elsewhere}/log.txt', 'a').write('x')\nexcept OSError:\n    print('swallowed')",
        "import urllib.request\ntry:\n"
        "    urllib.request.urlopen('http://192.0.2.1:9/', data=b'x', timeout=0.1)\nexcept OSError:\n    pass",
    )
    notebook = execute("nb.ipynb", "out.ipynb")
    assert (elsewhere / "log.txt").read_text(encoding="utf-8") == "x"
    found = audit_in(notebook)
    assert found.verdict == "blocked"
    assert f"nb.ipynb cell[0]:2: would write outside of the project: {elsewhere}/log.txt" in found.reason
    assert "blocked" in first_cell(notebook)


@pytest.mark.skipif(not probe_machine().landlock, reason="the kernel has no Landlock")
def test_other_programs_cannot_write_outside_either(project: Path, elsewhere: Path) -> None:
    """The kernel keeps them from it in run B; that they could not is what the audit says."""
    write(project / "nb.ipynb", f"!echo x >> {elsewhere}/log.txt", "print('on')")
    notebook = execute("nb.ipynb", "out.ipynb")
    assert (elsewhere / "log.txt").read_text(encoding="utf-8") == "x\n"
    found = audit_in(notebook)
    assert (found.verdict, found.findings) == ("blocked", ())
    assert "cell[0]: seems to write outside of the project" in found.reason


def test_explaining_runs_are_made_on_request(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them before papermill's own run, which stays the only one in place; the finding is confirmed then."""
    monkeypatch.setenv("REPROCHECK_EXPLAIN", "1")
    monkeypatch.setenv("REPROCHECK_VARY", "seed")
    once = "if not os.environ.get('REPROCHECK'):\n    print('run', file=open('runs.txt', 'a'), flush=True)"
    write(project / "nb.ipynb", RANDOM, f"import os\n{once}")
    found = audit_in(execute("nb.ipynb", "out.ipynb"))
    assert (project / "runs.txt").read_text(encoding="utf-8") == "run\n"
    assert [(finding.cause, finding.confirmed) for finding in found.findings] == [("unseeded-numpy", True)]
    assert found.runs > 2


@pytest.mark.parametrize(
    ("variable", "value", "note"),
    [
        ("REPROCHECK_VARY", "sede", "not audited: REPROCHECK_VARY: unknown factor 'sede'. Did you mean 'seed'?"),
        ("REPROCHECK_EXPLAIN", "maybe", "not audited: REPROCHECK_EXPLAIN: expected 1 or 0, got 'maybe'"),
        (
            "REPROCHECK_EXPLIAN",
            "1",
            "not audited: REPROCHECK_EXPLIAN: is no option. Did you mean 'REPROCHECK_EXPLAIN'?",
        ),
        ("", "", "not audited: pyproject.toml: is not valid TOML"),
    ],
)
def test_a_wrong_option_costs_the_audit_and_not_the_job(
    project: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, note: str
) -> None:
    """papermill goes on with its own engine; the note says what is wrong."""
    monkeypatch.setattr(papermill_run._Run, "plain", lambda run: setattr(run, "made", True))
    if variable:
        monkeypatch.setenv(variable, value)
    else:
        (project / "pyproject.toml").write_text("[tool.", encoding="utf-8")
    write(project / "nb.ipynb", "1")
    notebook = execute("nb.ipynb", None)
    assert notebook.metadata.reprocheck.note.startswith(note)
    assert [cell.cell_type for cell in notebook.cells] == ["code"]


@pytest.mark.parametrize("late", [False, True])
def test_a_fault_of_ours_costs_the_audit_and_not_the_job(
    project: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Whether it comes before papermill's run or after it, that is made once."""

    def failing(*args: Any, **options: Any) -> Any:
        if late:
            audit_beside(*args, **options)
        raise RuntimeError("broken")

    monkeypatch.setattr(papermill_run, "audit_beside", failing)
    monkeypatch.setenv("REPROCHECK_VARY", "seed")
    write(project / "nb.ipynb", "with open('runs.txt', 'a') as file:\n    print('run', file=file)")
    notebook = execute("nb.ipynb", "out.ipynb")
    assert (project / "runs.txt").read_text(encoding="utf-8") == "run\n"
    assert notebook.metadata.reprocheck == {"note": "not audited: RuntimeError: broken"}


def test_a_missing_part_of_ours_costs_the_audit_and_not_the_job(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine that cannot be imported warns, and papermill's own one does the work."""
    monkeypatch.setitem(sys.modules, "pytest_reprocheck.papermill_run", None)
    write(project / "nb.ipynb", "print('done')")
    with pytest.warns(UserWarning, match="reprocheck: not audited: ModuleNotFoundError"):
        notebook = execute("nb.ipynb", "out.ipynb")
    assert notebook.cells[0].outputs[0].text == "done\n"
    assert notebook.metadata.reprocheck.note.startswith("not audited: ModuleNotFoundError")


def test_what_papermill_refuses_it_refuses_with_us(project: Path) -> None:
    """No notebook, no JSON, no such kernel: the same exception; and nothing runs to be prepared only."""
    (project / "broken.ipynb").write_text("{", encoding="utf-8")
    write(project / "julia.ipynb", "1", kernel="julia-9")
    for source in ("missing.ipynb", "broken.ipynb", "julia.ipynb"):
        raised = []
        for engine in (None, "reprocheck"):
            with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is what is compared
                execute(source, "out.ipynb", engine=engine)
            raised.append((type(caught.value), str(caught.value)))
        assert raised[0] == raised[1]
    found = audit_in(read(project / "out.ipynb"))
    assert found.verdict == "blocked"
    assert "asks for the kernel 'julia-9', which is not installed" in found.reason
    write(project / "nb.ipynb", ("alpha = 1", "parameters"))
    prepared = execute("nb.ipynb", "out.ipynb", prepare_only=True, parameters={"alpha": 2})
    assert "reprocheck" not in prepared.metadata


def test_a_dead_kernel(project: Path) -> None:
    """papermill's exception; the findings are in the notebook that it has saved."""
    write(project / "nb.ipynb", "print('begun')", "import os\nos._exit(3)")
    with pytest.raises(DeadKernelError):
        execute("nb.ipynb", "out.ipynb")
    found = audit_in(read(project / "out.ipynb"))
    assert (found.verdict, found.reason) == ("failed", "nb.ipynb cell[1]: the kernel died")


def test_inputs_and_outputs_that_are_no_files(project: Path) -> None:
    """papermill's handlers read and write; a notebook in memory has no path, and is audited all the same."""
    stored: dict[str, str] = {}

    class Memory:
        read = staticmethod(stored.__getitem__)
        write = staticmethod(lambda text, path: stored.__setitem__(path, text))
        pretty_path = staticmethod(str)

    papermill_io.register("memory://", Memory)
    stored["memory://in/nb.ipynb"] = write(project / "nb.ipynb", "print(1)").read_text(encoding="utf-8")
    (project / "nb.ipynb").unlink()
    try:
        execute("memory://in/nb.ipynb", "memory://out.ipynb")
    finally:
        papermill_io._handlers.pop(0)
    found = audit_in(nbformat.reads(stored["memory://out.ipynb"], as_version=4))  # type: ignore[no-untyped-call]
    assert (found.name, found.verdict) == ("nb.ipynb", "reproducible")


def test_a_kernel_of_another_language(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outputs are compared; nothing else is known of it, and that is said."""
    kernel = project.parent / "jupyter/kernels/echo"
    kernel.mkdir(parents=True)
    (kernel / "echo.py").write_text(ECHO, encoding="utf-8")
    argv = [sys.executable, "-I", str(kernel / "echo.py"), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "echo", "language": "echo"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(kernel.parents[1]))
    write(project / "nb.ipynb", "hello", kernel="echo", language="echo")
    notebook = execute("nb.ipynb", "out.ipynb")
    found = audit_in(notebook)
    assert notebook.cells[1].outputs[0].text == "hello"
    assert found.verdict == "reproducible"
    assert {factor.status for factor in found.factors.values()} == {"not-applicable"}


ECHO = """
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class Echo(Kernel):
    implementation, implementation_version, banner = "echo", "1", "echo"
    language_info = {"name": "echo", "mimetype": "text/plain", "file_extension": ".txt"}

    async def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **more):
        self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": code})
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}


IPKernelApp.launch_instance(kernel_class=Echo)
"""


def alive_in_group(group: int) -> list[str]:
    """The processes of a group that have not ended; those that nobody has waited for yet have."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, fields = file.read_text(encoding="utf-8", errors="replace").rpartition(")")
            state, _parent, its_group = fields.split()[:3]
            found += [name] if int(its_group) == group and state != "Z" else []
    return found


@pytest.mark.parametrize("during", ["B", "A"])
def test_an_interrupt(project: Path, during: str) -> None:
    """papermill's exit code; no process is left, and what papermill saves so far is saved."""
    source = f"""
import os, time
from pathlib import Path
if not os.environ.get("REPROCHECK"):
    Path("A").touch()
if {during == "A"} != bool(os.environ.get("REPROCHECK")):
    time.sleep(60)
"""
    write(project / "nb.ipynb", "print('begun')", source)
    process = started(project, "nb.ipynb", "out.ipynb", "--engine", "reprocheck", start_new_session=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(f"reprocheck: run {during}"):
            break
    while during == "A" and not (project / "A").exists() and process.poll() is None:
        os.sched_yield()
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate()[1]
    assert process.returncode == 1, told
    assert (project / "A").exists() == (during == "A")
    assert alive_in_group(process.pid) == []
    if during == "A":
        assert read(project / "out.ipynb").cells[0].outputs[0].text == "begun\n"
