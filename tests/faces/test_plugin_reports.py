"""What a run with ``--reprocheck`` prints and writes, and how it lives with other plugins."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.conftest import Project

SUBJECTS = {"bad.ipynb": "NONDETERMINISTIC", "broken.ipynb": "FAILED", "fine.ipynb": "1", "stuck.ipynb": "BLOCKED"}


def test_verdicts_become_outcomes(project: Project) -> None:
    """Reproducible passes, blocked is a skip located at the file with its reason, all else fails."""
    project.write(SUBJECTS)
    result = project.run("--reprocheck", "-rs")
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["SKIPPED [[]1[]] stuck.ipynb: needs the package nowhere"])


@pytest.mark.parametrize("configured", [True, False])
def test_blocked_fails_where_it_has_to_run(project: Project, configured: bool) -> None:
    """By flag or configuration; the reason is what is shown."""
    project.write({"stuck.ipynb": "BLOCKED"})
    if configured:
        project.write({"pyproject.toml": "[tool.reprocheck]\nrequire-run = true"})
    result = project.run("--reprocheck", *([] if configured else ["--reprocheck-require-run"]))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["_* stuck.ipynb: blocked _*", "needs the package nowhere"])


def test_a_failure_is_told_under_its_own_headline(project: Project) -> None:
    """The section's title is subject and verdict, its text the rendered audit, and no traceback of ours is in it."""
    project.write({"sub/bad.ipynb": "NONDETERMINISTIC"})
    result = project.run("--reprocheck")
    result.stdout.fnmatch_lines(
        [
            "reprocheck: varies seed hash listing rows clock pid timezone locale cpus",
            "            variables completion directory",
            "reprocheck: overlay workspace | max 8 runs, budget 10 min",
            "sub/bad.ipynb F *",
            "_* sub/bad.ipynb: nondeterministic (1 confirmed) _*",
            "hash-order  x.py:1   cols = list(set(names))",
            "  replay  reprocheck replay .reprocheck/last/sub/bad.json",
            "=* reprocheck summary =*",
            "sub/bad.ipynb  nondeterministic  8 runs 0.5 s  12/12 factors applied",
            "not varied: *",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "plugin_session.py" not in result.stdout.str()


def test_verbose_lines_keep_the_node_id(project: Project) -> None:
    """The headline replaces no id that people copy."""
    project.write({"bad.ipynb": "NONDETERMINISTIC"})
    project.run("--reprocheck", "-v").stdout.fnmatch_lines(["bad.ipynb::reprocheck FAILED *"])


def test_the_header_says_what_is_varied(project: Project) -> None:
    """Configuration and flags are in it."""
    project.write({"pyproject.toml": "[tool.reprocheck]\nmax-runs = 4\nbudget = 90"})
    result = project.run("--reprocheck", "--reprocheck-vary=hash")
    result.stdout.fnmatch_lines(["reprocheck: overlay workspace | max 4 runs, budget 90 s"])


def test_our_own_bugs_are_shown_and_the_others_go_on(project: Project) -> None:
    """An exception inside an audit is a traceback, not a verdict; the next subject is audited."""
    project.write({"a.ipynb": "CRASH", "b.ipynb": "1"})
    result = project.run("--reprocheck")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E  * ZeroDivisionError: a bug of ours"])
    assert "pluggy" not in result.stdout.str().partition("FAILURES")[2]


def test_the_report_is_valid_ordered_and_reproducible(project: Project, schema: dict[str, object]) -> None:
    """It has all subjects in the order of collection, below a folder that did not exist, the same bytes each time."""
    project.write(SUBJECTS)
    texts = []
    for name in ("new/one.json", "two.json"):
        project.run("--reprocheck", f"--reprocheck-json={name}")
        texts.append((project.root / name).read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    data = json.loads(texts[0])
    jsonschema.validate(data, schema)
    assert [subject["path"] for subject in data["subjects"]] == sorted(SUBJECTS)
    assert data["tool"]["version"] == importlib.import_module("pytest_reprocheck").__version__


def test_the_report_of_a_run_without_subjects_is_written_too(project: Project) -> None:
    """No older report is left in its place."""
    project.write({"test_a.py": "def test_a(): pass"})
    assert project.audits() == []


def test_the_configured_report_is_below_the_root(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is relative to the root, the flag to where pytest was started, and the flag wins."""
    project.write({"sub/nb.ipynb": "1", "pyproject.toml": "[tool.reprocheck]\njson = 'out/r.json'"})
    monkeypatch.chdir(project.root / "sub")
    project.run("--reprocheck")
    assert (project.root / "out/r.json").exists()
    project.run("--reprocheck", "--reprocheck-json=mine.json")
    assert (project.root / "sub/mine.json").exists()


def test_a_report_that_cannot_be_written_is_said_and_fails_the_run(project: Project) -> None:
    """The audits are not lost for it: everything else is printed."""
    project.write({"nb.ipynb": "1", "file": ""})
    result = project.run("--reprocheck", "--reprocheck-json=file/r.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["nb.ipynb  reproducible *", "reprocheck: the report could not be written: *file*"])


def test_each_subject_has_its_last_report(project: Project) -> None:
    """They lie below the root, unseen by version control, and none is written for a list."""
    project.write(SUBJECTS)
    project.run("--reprocheck", "--collect-only")
    assert not (project.root / ".reprocheck").exists()
    project.run("--reprocheck")
    last = project.root / ".reprocheck/last"
    assert sorted(file.name for file in last.iterdir()) == [
        ".gitignore",
        "bad.json",
        "broken.json",
        "fine.json",
        "stuck.json",
    ]
    assert (last / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert [subject["path"] for subject in json.loads((last / "bad.json").read_text())["subjects"]] == ["bad.ipynb"]


def test_junit_has_the_verdicts(project: Project) -> None:
    """As properties of each test case."""
    project.write({"bad.ipynb": "NONDETERMINISTIC"})
    project.run("--reprocheck", "--junit-xml=junit.xml")
    tree = ET.parse(project.root / "junit.xml")
    found = {item.get("name"): item.get("value") for item in tree.iter("property")}
    assert found == {
        "reprocheck_verdict": "nondeterministic",
        "reprocheck_causes": "hash-order",
        "reprocheck_runs": "8",
    }


def test_stopping_at_the_first_failure_keeps_what_there_is(project: Project) -> None:
    """``-x`` ends the run, and the reports have the audits made so far."""
    project.write(SUBJECTS)
    assert [audit["path"] for audit in project.audits("-x")] == ["bad.ipynb"]


def test_last_failed_runs_the_failed_audits_again(project: Project) -> None:
    """``--lf`` knows them by their node ids."""
    project.write({"bad.ipynb": "NONDETERMINISTIC", "fine.ipynb": "1"})
    project.pytester.runpytest_inprocess("--reprocheck").assert_outcomes(passed=1, failed=1)
    project.pytester.runpytest_inprocess("--reprocheck", "--lf").assert_outcomes(failed=1)


def test_workers_send_audits_and_the_controller_alone_reports(project: Project) -> None:
    """Two workers give the same report as none, in the order of collection; settings reach them."""
    project.write({f"n{number}.ipynb": "NONDETERMINISTIC" if number % 2 else "1" for number in range(6)})
    project.write({"train.py": "raise SystemExit", "test_a.py": "def test_a(reprocheck): reprocheck(list)"})
    arguments = ["--reprocheck", "--reprocheck-budget=5", "-pno:cacheprovider"]
    for name, workers in (("none.json", []), ("two.json", ["-n2"])):
        result = project.pytester.runpytest_subprocess(
            *arguments, f"--reprocheck-json={name}", *workers, ".", "train.py"
        )
        result.assert_outcomes(passed=5, failed=3)
        result.stdout.fnmatch_lines(["*n3.ipynb: nondeterministic (1 confirmed)*", "n0.ipynb * reproducible *"])
    alone, together = ((project.root / name).read_text(encoding="utf-8") for name in ("none.json", "two.json"))
    assert alone == together
    paths = [subject["path"] for subject in json.loads(alone)["subjects"]]
    assert sorted(paths) == sorted([*(f"n{n}.ipynb" for n in range(6)), "test_a.py::test_a", "train.py"])


@pytest.mark.skipif(
    not importlib.util.find_spec("pytest_rerunfailures"), reason="pytest-rerunfailures is not installed"
)
def test_reruns_leave_audits_alone(project: Project) -> None:
    """An audit has run its subject several times; only the ordinary test is tried again."""
    project.write({"bad.ipynb": "NONDETERMINISTIC", "test_a.py": "def test_a(): assert 0"})
    project.run("--reprocheck", "--reruns=2").stdout.fnmatch_lines(["*2 failed, 2 rerun*"])


@pytest.mark.skipif(not importlib.util.find_spec("pytest_randomly"), reason="pytest-randomly is not installed")
def test_a_random_order_leaves_the_report_alone(project: Project) -> None:
    """Reports keep the order of collection."""
    project.write(SUBJECTS)
    for seed in range(3):
        assert [audit["path"] for audit in project.audits("-prandomly", f"--randomly-seed={seed}")] == sorted(SUBJECTS)


def test_a_subject_that_is_no_notebook_is_still_an_item(project: Project) -> None:
    """Collection does not read notebooks; the audit says what is wrong with them."""
    project.write({"test_a.py": "def test_a(): pass"})
    Path(project.root / "nb.ipynb").write_bytes(b"\xff FAILED")
    project.run("--reprocheck").assert_outcomes(passed=1, failed=1)


def test_a_warning_of_a_subject_that_passes_has_its_section(project: Project) -> None:
    """Before the summary; the reason of a failure stands in its section alone, that of a skip in the summary."""
    project.write({"remark.ipynb": "REMARKABLE", **SUBJECTS})
    result = project.run("--reprocheck")
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "_* remark.ipynb: reproducible (1 warning) _*",
            "hash-order  (warning)  x.py:1   cols = list(set(names))",
            "=* reprocheck summary =*",
            "bad.ipynb *",
            "*1 warning: hash-order at x.py:1*",
            "stuck.ipynb *needs the package nowhere*",
        ]
    )


def test_workers_know_how_many_they_are(project: Project) -> None:
    """Each of them has its share of cores and memory; a single process has all."""
    project.write({"a.ipynb": "WORKERS", "b.ipynb": "WORKERS"})
    for arguments, workers in (([], 1), (["-n2"], 2)):
        found = [subject["environment"] for subject in project.audits(*arguments)]
        assert [each["workers"] for each in found if isinstance(each, dict)] == [workers] * 2
