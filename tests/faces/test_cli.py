"""The command ``reprocheck``: what it audits, prints and writes, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_reprocheck import locking
from pytest_reprocheck.cli import main
from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.environments import AdvisoryCheck, Environment
from tests.conftest import FAKE_AUDITING, Project, notebook
from tests.faces.test_locks_cli import FOUND

NO_REPORT = "is no notebook with a report. papermill --engine reprocheck writes one"
KNOWN = ", ".join(sorted(["default", "hardware", *(factor.name for factor in FACTORS)]))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project as working directory, with fake audits."""
    monkeypatch.setitem(sys.modules, "pytest_reprocheck.auditing", sys)  # so that it is put back afterwards
    exec(compile(FAKE_AUDITING, "fake", "exec"), {})
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, **files: str) -> None:
    """Notebooks, by stem."""
    for stem, source in files.items():
        (folder / f"{stem}.ipynb").write_text(notebook(source), encoding="utf-8")


def test_a_reproducible_folder_is_exit_code_0(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Notebooks of a folder, not its checkpoints, tests and environments; the summary is all that is printed."""
    write(here, a="1", b="2")
    for name in (".ipynb_checkpoints", "env", "venv", ".hidden"):
        (here / name).mkdir()
        write(here / name, c="NONDETERMINISTIC")
    (here / "env" / "pyvenv.cfg").touch()
    assert main(["audit", "."]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()[:2]] == [
        ["a.ipynb", "reproducible"],
        ["b.ipynb", "reproducible"],
    ]
    assert err == ""
    assert (here / ".reprocheck/last/a.json").exists()


@pytest.mark.parametrize(
    ("severity", "check", "code"),
    [
        ("error", AdvisoryCheck(checked=1), 0),
        ("error", AdvisoryCheck(checked=1, advisories=(FOUND,)), 1),
        ("error", AdvisoryCheck(problem="no answer"), 1),
        ("warning", AdvisoryCheck(checked=1, advisories=(FOUND,)), 0),
    ],
)
@pytest.mark.parametrize("configured", [False, True])
def test_an_audit_asks_for_advisories(
    here: Path, severity: str, check: AdvisoryCheck, code: int, monkeypatch: pytest.MonkeyPatch, *, configured: bool
) -> None:
    """By the flag or the configuration's key, told and in the report; an error fails, and so does no answer then."""
    monkeypatch.setattr(locking, "known_advisories", lambda _: check)
    monkeypatch.setattr(locking, "locked_set", lambda _: Environment(source="pylock.toml", kind="pylock.toml"))
    write(here, a="1")
    if configured:
        (here / "pyproject.toml").write_text(f'[tool.reprocheck]\nadvisories = "{severity}"\n', encoding="utf-8")
    given = [] if configured else [f"--advisories={severity}"]
    assert main(["audit", "a.ipynb", "--json", "report.json", *given]) == code
    told = json.loads((here / "report.json").read_text(encoding="utf-8"))["advisories"]
    assert (told["problem"], [each["ruleId"] for each in told["results"]]) == (
        check.problem,
        [each.id for each in check.advisories],
    )


def test_an_unknown_severity_of_advisories_is_a_usage_error(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is run."""
    write(here, a="1")
    assert main(["audit", "a.ipynb", "--advisories=high"]) == 2
    assert "--advisories" in capsys.readouterr().err


def test_a_subject_that_is_not_reproducible_is_exit_code_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its findings are printed above the summary; a blocked one is told too, and fails where it has to run."""
    write(here, a="NONDETERMINISTIC", b="BLOCKED")
    assert main(["audit", "a.ipynb"]) == 1
    assert "a.ipynb: nondeterministic (1 confirmed)\nhash-order  x.py:1   cols" in capsys.readouterr().out
    assert main(["audit", "b.ipynb"]) == 0
    assert "b.ipynb: blocked\nneeds the package nowhere" in capsys.readouterr().out
    assert main(["audit", "b.ipynb", "--require-run"]) == 1


def test_flags_configuration_and_report(here: Path) -> None:
    """A named script is audited where the command was started; flags win over the configuration."""
    (here / "pyproject.toml").write_text(
        "[tool.reprocheck]\nmax-runs = 5\nbudget = 6\n[[tool.reprocheck.subject]]\npath = 'jobs/*.py'\nargs = ['x']"
    )
    (here / "jobs").mkdir()
    (here / "jobs/test_it.py").touch()
    assert main(["audit", "jobs/test_it.py", "jobs/../jobs/test_it.py", "--budget", "7 s", "--json", "out/r.json"]) == 0
    (subject,) = json.loads((here / "out/r.json").read_text(encoding="utf-8"))["subjects"]
    assert (subject["path"], subject["runs"], subject["environment"]["budget"]) == ("jobs/test_it.py", 5, 7.0)
    assert subject["invocation"]["args"] == ["x"]


def test_the_root_is_found_upward(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in reports are relative to the project, wherever the command is started."""
    (here / "sub/deep").mkdir(parents=True)
    write(here / "sub/deep", a="1")
    monkeypatch.chdir(here / "sub")
    assert main(["audit", "deep", "--json", "r.json"]) == 0
    assert json.loads((here / "sub/r.json").read_text(encoding="utf-8"))["subjects"][0]["path"] == "sub/deep/a.ipynb"


def test_wrong_inline_metadata_is_a_failed_subject(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in pytest."""
    (here / "train.py").write_text("# /// script\n# [tool.reprocheck]\n# arg = 1\n# ///\n")
    assert main(["audit", "train.py"]) == 1
    assert "train.py: tool.reprocheck.arg: unknown key. Did you mean 'args'?" in capsys.readouterr().out


def test_a_stored_report_is_shown_and_replayed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``show`` prints what the audit printed; ``replay`` says whether the differences come again, by its exit code."""
    write(here, a="NONDETERMINISTIC")
    main(["audit", "a.ipynb"])
    printed = capsys.readouterr().out
    last = ".reprocheck/last/a.json"
    assert main(["show", last]) == 0
    assert capsys.readouterr().out == printed
    assert main(["replay", last]) == 1
    assert capsys.readouterr().out.startswith("a.ipynb: 1 of 1 finding came again")
    write(here, a="1")
    assert main(["replay", last]) == 0
    assert "did not come again" in capsys.readouterr().out


def test_last_reports_know_their_root(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing marks the root, and from another folder; ``--root`` says it for any other file."""
    root = tmp_path / "plain"
    (root / "sub").mkdir(parents=True)
    write(root / "sub", a="NONDETERMINISTIC")
    (here / "pyproject.toml").unlink()
    assert main(["audit", "plain/sub/a.ipynb"]) == 1
    stored = root / "sub/.reprocheck/last/a.json"
    monkeypatch.chdir("/")
    assert main(["replay", str(stored)]) == 1
    moved = stored.rename(tmp_path / "r.json")
    assert main(["replay", str(moved), "--root", str(root / "sub")]) == 1


def test_what_cannot_be_replayed_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside others it is a line, and its stored verdict counts; alone it is an error."""
    write(here, a="1", b="1")
    assert main(["audit", ".", "--json", "r.json"]) == 0
    data = json.loads((here / "r.json").read_text(encoding="utf-8"))
    data["subjects"][0] |= {"kind": "function", "path": "test_a.py::test_a"}
    (here / "r.json").write_text(json.dumps(data), encoding="utf-8")
    capsys.readouterr()
    assert main(["replay", "r.json"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "test_a.py::test_a: this audit cannot be replayed"
    del data["subjects"][1]
    (here / "r.json").write_text(json.dumps(data), encoding="utf-8")
    assert main(["replay", "r.json"]) == 2
    assert capsys.readouterr().err == "reprocheck: error: test_a.py::test_a: this audit cannot be replayed\n"


def test_causes_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt one names the nearest."""
    assert main(["explain"]) == 0
    assert "hash-order" in capsys.readouterr().out
    assert main(["explain", "hash-order"]) == 0
    assert "sorted(" in capsys.readouterr().out
    assert main(["explain", "hash-oder"]) == 2
    assert capsys.readouterr().err == "reprocheck: error: unknown cause 'hash-oder'. Did you mean 'hash-order'?\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audit", "none.ipynb"], "none.ipynb: no such file or folder"),
        (["audit", "pyproject.toml"], "pyproject.toml: neither a notebook nor a script"),
        (["audit", "empty"], "empty: no notebook and no declared script in it"),
        (["audit", "a.ipynb", "--max-runs", "1"], "--max-runs: expected a whole number, at least 2, got '1'"),
        (["audit", "a.ipynb", "--json", "pyproject.toml/x"], "pyproject.toml: File exists"),
        (["show", "none.json"], "none.json: cannot be read: No such file or directory"),
        (["show", "a.ipynb"], f"a.ipynb: $.metadata.reprocheck: {NO_REPORT}"),
        (["replay", "binary"], "binary: is no text in UTF-8"),
        (["audit", "a.ipynb", "--vary="], "--vary: expected names of factors, 'default' or 'hardware', got ''"),
        (["audit", "a.ipynb", "--timeout=-1"], "--timeout: expected more than 0 seconds, got '-1'"),
        (
            ["audit", "a.ipynb", "--vary=zzz"],
            f"--vary: unknown factor 'zzz'. Known: {KNOWN}.",
        ),
    ],
)
def test_user_errors_are_one_line_and_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """They name the file or flag, and what is too long for a line goes on in the next one."""
    write(here, a="1")
    (here / "empty").mkdir()
    (here / "binary").write_bytes(b"\xff\xfe\xff")
    assert main(arguments) == 2
    printed = capsys.readouterr().err
    assert " ".join(printed.split()) == f"reprocheck: error: {message}"
    assert all(len(line) <= 80 for line in printed.splitlines())


@pytest.mark.parametrize("arguments", [[], ["audit"], ["show"], ["audt"]])
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str]) -> None:
    """Told by argparse."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """``reprocheck explain CAUSE | head -1`` ends quietly."""
    command = [sys.executable, "-u", "-c", "from pytest_reprocheck.cli import main; main(['explain', 'hash-order'])"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_both_faces_write_the_same_report(project: Project) -> None:
    """What pytest and the command say of a project is the same, byte for byte."""
    project.write({"pytest.ini": "[pytest]\n", "a.ipynb": "NONDETERMINISTIC", "sub/b.ipynb": "1", "train.py": ""})
    names = ["a.ipynb", "sub", "train.py"]
    project.run("--reprocheck", "--reprocheck-json=one.json", *names)
    code = f"import conftest\nfrom pytest_reprocheck.cli import main\nmain(['audit', '--json', 'two.json', *{names!r}])"
    subprocess.run([sys.executable, "-c", code], cwd=project.root, check=True, capture_output=True)
    one, two = ((project.root / name).read_text(encoding="utf-8") for name in ("one.json", "two.json"))
    assert one == two


def test_doctor_and_show_say_all_that_they_are_asked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file does not keep the doctor from the others; a warning of a passing subject is shown."""
    write(here, a="REMARKABLE")
    assert main(["doctor", "none.py", "a.ipynb"]) == 1
    printed = capsys.readouterr().out
    assert "none.py  unreadable" in printed
    assert "\n  no such file or folder\n" in printed
    assert "a.ipynb  " in printed

    assert main(["audit", "a.ipynb"]) == 0
    assert main(["show", ".reprocheck/last/a.json"]) == 0
    assert capsys.readouterr().out.count("hash-order  (warning)  x.py:1   cols = list(set(names))") == 2
