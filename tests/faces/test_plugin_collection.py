"""What ``pytest --reprocheck`` collects: subjects beside ordinary tests, and nothing that would import a subject."""

from __future__ import annotations

import pytest

from tests.conftest import Project

EXPLODES = 'raise SystemExit("this file was imported")\n'
INLINE = "# /// script\n# dependencies = []\n# [tool.reprocheck]\n{}\n# ///\n"


def collected(project: Project, *arguments: str) -> list[str]:
    """Node ids in the order of collection."""
    result = project.run("--reprocheck", "--collect-only", "-q", *arguments)
    return [line for line in result.outlines if "::" in line]


def test_without_the_flag_nothing_changes(project: Project) -> None:
    """Notebooks and declared scripts are not even looked at, and no file is written."""
    project.write(
        {
            "nb.ipynb": "1",
            "train.py": EXPLODES,
            "test_a.py": "def test_a(): pass",
            "pyproject.toml": "[tool.reprocheck]\nsubjects = ['train.py']\nunknown = 1\n",
        }
    )
    result = project.run("-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*reprocheck:*")
    assert not (project.root / ".reprocheck").exists()


def test_notebooks_of_folders_are_subjects_and_tests_still_run(project: Project) -> None:
    """Copies that Jupyter and its book builders make are not; scripts are not either."""
    project.write(
        {
            "nb.ipynb": "1",
            "deep/er/other.ipynb": "1",
            ".ipynb_checkpoints/nb-checkpoint.ipynb": "1",
            "_build/html/nb.ipynb": "1",
            "train.py": EXPLODES,
            "test_a.py": "def test_a(): pass",
        }
    )
    ids = ["deep/er/other.ipynb::reprocheck", "nb.ipynb::reprocheck", "test_a.py::test_a"]
    assert sorted(collected(project)) == ids
    project.run("--reprocheck").assert_outcomes(passed=3)


def test_a_named_script_is_a_subject_and_is_not_imported(project: Project) -> None:
    """Neither as a module nor for its doctests; a named test file stays a test file, also under another pattern."""
    project.write(
        {
            "train.py": EXPLODES,
            "test_a.py": "def test_a(): pass",
            "check_b.py": "def test_b(): pass",
            "pytest.ini": "[pytest]\npython_files = test_*.py check_*.py\n",
        }
    )
    names = ["train.py", "test_a.py", "check_b.py", "conftest.py"]
    expected = ["train.py::reprocheck", "test_a.py::test_a", "check_b.py::test_b"]
    assert collected(project, *names) == expected
    assert collected(project, "--doctest-modules", *names) == expected
    project.run("--reprocheck", *names).assert_outcomes(passed=3)


def test_scripts_are_declared_by_globs_tables_and_inline_metadata(project: Project) -> None:
    """Excludes hold for what nobody named; a subject table with a wildcard declares nothing."""
    project.write(
        {
            "scripts/a.py": EXPLODES,
            "scripts/draft_b.py": EXPLODES,
            "scripts/deep/c.py": EXPLODES,
            "jobs/d.py": EXPLODES,
            "jobs/e.py": INLINE.format('# args = ["--fast"]') + EXPLODES,
            "jobs/f.py": "# /// script\n# dependencies = []\n# ///\n" + EXPLODES,
            "drafts/g.ipynb": "1",
            "pyproject.toml": """
                [tool.reprocheck]
                subjects = ["scripts/*.py"]
                exclude = ["scripts/draft_*", "drafts"]
                [[tool.reprocheck.subject]]
                path = "jobs/d.py"
                [[tool.reprocheck.subject]]
                path = "jobs/*.py"
                timeout = 9
            """,
        }
    )
    declared = ["jobs/d.py::reprocheck", "jobs/e.py::reprocheck", "scripts/a.py::reprocheck"]
    assert sorted(collected(project)) == declared
    assert collected(project, "drafts/g.ipynb", "jobs/f.py") == ["drafts/g.ipynb::reprocheck", "jobs/f.py::reprocheck"]
    assert collected(project, "--doctest-modules", "jobs/e.py", "scripts/a.py") == declared[1:]


def test_declared_scripts_are_found_outside_testpaths_unless_paths_are_given(project: Project) -> None:
    """``subjects`` adds to what pytest collects by itself, once each."""
    project.write(
        {
            "tests/test_a.py": "def test_a(): pass",
            "train.py": EXPLODES,
            "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths=['tests']\n"
            "[tool.reprocheck]\nsubjects=['train.py']",
        }
    )
    assert collected(project) == ["tests/test_a.py::test_a", "train.py::reprocheck"]
    assert collected(project, "tests") == ["tests/test_a.py::test_a"]
    assert collected(project, "tests", "train.py") == ["tests/test_a.py::test_a", "train.py::reprocheck"]


def test_each_set_of_parameters_is_an_item(project: Project) -> None:
    """They are selected by node id and by ``-k``, and passed to the audit."""
    project.write(
        {
            "nb.ipynb": "1",
            "pyproject.toml": "[[tool.reprocheck.subject]]\npath='nb.ipynb'\n\n"
            "parameters=[{alpha=0.1},{alpha=0.2,s='a::b'}]",
        }
    )
    ids = ["nb.ipynb::reprocheck[alpha=0.1]", "nb.ipynb::reprocheck[alpha=0.2, s=a::b]"]
    assert collected(project) == ids
    assert collected(project, ids[1]) == ids[1:]
    assert collected(project, "-k", "0.1") == ids[:1]
    assert [audit["parameters"] for audit in project.audits()] == [{"alpha": 0.1}, {"alpha": 0.2, "s": "a::b"}]


def test_markers_select_audits(project: Project) -> None:
    """The marker is registered, and every audit has it."""
    project.write({"nb.ipynb": "1", "test_a.py": "def test_a(): pass"})
    assert collected(project, "--strict-markers", "-m", "reprocheck") == ["nb.ipynb::reprocheck"]
    assert collected(project, "-m", "not reprocheck") == ["test_a.py::test_a"]


def test_settings_reach_the_audit_by_their_ranks(project: Project) -> None:
    """Defaults, configuration, subject tables in turn, inline metadata, flags; working directories as documented."""
    project.write(
        {
            "jobs/a.py": INLINE.format('# budget = 4\n# cwd = "subject"'),
            "jobs/b.py": "",
            "pyproject.toml": """
                [tool.reprocheck]
                max-runs = 5
                budget = 1
                timeout = "1 min"
                tolerance = {rtol = 0.5}
                [[tool.reprocheck.subject]]
                path = "jobs/*.py"
                budget = 2
                env = {A = "1", B = "1"}
                args = ["x"]
                [[tool.reprocheck.subject]]
                path = "**/b.py"
                budget = 3
                env = {B = "2"}
            """,
        }
    )
    first, second = project.audits("jobs/a.py", "jobs/b.py", "--reprocheck-timeout=7 s", "--reprocheck-vary=hash")
    assert first["environment"] == {"budget": 4.0, "rtol": 0.5, "timeout": 7.0}
    assert second["environment"] == {"budget": 3.0, "rtol": 0.5, "timeout": 7.0}
    assert (first["runs"], list(first["factors"])) == (5, ["hash"])  # type: ignore[call-overload]
    assert first["invocation"] == {
        "args": ["x"],
        "module": None,
        "env": {"A": "1", "B": "1"},
        "cwd": "jobs",
        "python": None,
    }
    assert second["invocation"] == {
        "args": ["x"],
        "module": None,
        "env": {"A": "1", "B": "2"},
        "cwd": None,
        "python": None,
    }


def test_scripts_start_where_pytest_was_started(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``python train.py`` would have it; notebooks have their own folder anyway."""
    project.write({"jobs/a.py": "", "nb.ipynb": "1", "pytest.ini": "[pytest]\n"})
    monkeypatch.chdir(project.root / "jobs")
    project.run("--reprocheck", "--reprocheck-json=../report.json", "a.py", "../nb.ipynb")
    text = (project.root / "report.json").read_text(encoding="utf-8")
    assert '"cwd": "jobs"' in text
    assert text.count('"cwd": null') == 1


@pytest.mark.parametrize(
    ("inline", "message"),
    [
        ('# arg = ["x"]', "train.py: tool.reprocheck.arg: unknown key. Did you mean 'args'?"),
        ("# args = [", "train.py: inline metadata: is not valid TOML"),
        ("# parameters = {a = 2010-01-01}", "train.py: tool.reprocheck.parameters.a: expected a text, a finite number"),
    ],
)
def test_wrong_inline_metadata_fails_that_subject_alone(project: Project, inline: str, message: str) -> None:
    """The error is located in the script; it is a verdict, not a collection error."""
    project.write({"train.py": INLINE.format(inline), "other.ipynb": "1"})
    result = project.run("--reprocheck")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"*{message}*".replace("[", "[[]")])


def test_a_package_is_not_imported_for_a_subject_in_it(project: Project) -> None:
    """A notebook beside an ``__init__.py`` is audited without that being run."""
    project.write({"pkg/__init__.py": EXPLODES, "pkg/nb.ipynb": "1", "pkg/train.py": EXPLODES})
    project.run("--reprocheck", "pkg/nb.ipynb", "pkg/train.py").assert_outcomes(passed=2)
    project.run("--reprocheck").assert_outcomes(passed=1)


def test_a_file_outside_the_root_fails_with_that_reason(project: Project) -> None:
    """Paths in reports are relative to the root, so it cannot be audited."""
    project.write({"inner/pytest.ini": "[pytest]\n", "nb.ipynb": "1"})
    result = project.run("--reprocheck", "--rootdir=inner", "nb.ipynb")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is outside the root*"])


def test_the_list_runs_nothing(project: Project) -> None:
    """Every subject with what would be done; tests are not run either; workers are not started."""
    project.write({"nb.ipynb": "CRASH", "train.py": INLINE.format("# oops = 1"), "test_a.py": "def test_a(): assert 0"})
    for arguments in ([], ["-n2"]):
        result = project.run("--reprocheck", "--reprocheck-list", "--reprocheck-json=r.json", *arguments)
        result.stdout.fnmatch_lines(
            [
                "nb.ipynb  notebook  varies the default factors, max 8 runs, budget 10 min, not audited yet",
                "train.py  script    train.py: tool.reprocheck.oops: unknown key. *",
            ]
        )
        assert result.ret == 0
    assert not (project.root / "r.json").exists()


WRONG = {
    ("--reprocheck-max-runs=3",): "--reprocheck-max-runs needs --reprocheck. Add it, or set the key in pyproject.toml.",
    ("--reprocheck-list",): "--reprocheck-list needs --reprocheck.",
    ("--reprocheck", "--reprocheck-max-runs=1"): "--reprocheck-max-runs: expected a whole number, at least 2, got '1'",
    ("--reprocheck", "--reprocheck-vary=sed"): "--reprocheck-vary: unknown factor 'sed'. Did you mean 'seed'?",
    ("--reprocheck", "--reprocheck-budget=soon"): "--reprocheck-budget: expected seconds, or a text such as",
}


@pytest.mark.parametrize("arguments", sorted(WRONG))
def test_wrong_flags_are_usage_errors(project: Project, arguments: tuple[str, ...]) -> None:
    """Exit code 4 and one line, no traceback."""
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {WRONG[arguments]}*"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "[[tool.reprocheck.subject]]\npath = 'a.py'\narg = []",
            "tool.reprocheck.subject[[]0].arg: unknown key. Did you mean",
        ),
        (
            "[tool.reprocheck]\nsubjects = ['scrpts/*.py']",
            "tool.reprocheck.subjects[[]0]: no file matches 'scrpts/[*].py'",
        ),
        ("[[tool.reprocheck.subject]]\npath = 'a.py'", "tool.reprocheck.subject[[]0].path: no file matches 'a.py'"),
    ],
)
def test_wrong_configuration_is_a_usage_error(project: Project, table: str, message: str) -> None:
    """A misspelt key, and a subject that does not exist: a gate that audits nothing would be a false pass."""
    project.write({"pyproject.toml": table})
    result = project.run("--reprocheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: pyproject.toml: {message}"])
