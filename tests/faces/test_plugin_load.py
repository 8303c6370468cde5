"""The plugin is light: pytest loads it in every run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "numpy", "pandas", "sklearn", "nbformat", "nbclient", "IPython", "ipykernel", "papermill", "PIL", "matplotlib",
    "xxhash", "pytest_reprocheck.auditing", "pytest_reprocheck.config", "pytest_reprocheck.core",
    "pytest_reprocheck.report", "pytest_reprocheck.collecting",
)  # fmt: skip


def modules_after(code: str) -> set[str]:
    """Names of all modules that a fresh interpreter has loaded after some code."""
    program = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("code", ["import pytest_reprocheck.plugin", "import pytest_reprocheck"])
def test_loading_brings_in_nothing_heavy(code: str) -> None:
    """Nor anything of ours that only an audit needs."""
    loaded = modules_after(code)
    assert not loaded.intersection(HEAVY)
    assert modules_after("import pytest_reprocheck.plugin") - modules_after("import pytest, functools, inspect") == {
        "pytest_reprocheck",
        "pytest_reprocheck.plugin",
        "pytest_reprocheck.plugin_session",
    }


def test_a_run_without_the_flag_brings_in_nothing_heavy(pytester: pytest.Pytester) -> None:
    """Also not while it collects and runs tests."""
    pytester.makepyfile(
        f"def test_a():\n    import sys\n    assert not set({HEAVY!r}).intersection(sys.modules)",
    )
    (pytester.path / "nb.ipynb").write_text("{}", encoding="utf-8")
    pytester.runpytest_subprocess(
        "-pno:nbval", "-pno:nbmake", "-pno:hypothesispytest", "-pno:randomly"
    ).assert_outcomes(passed=1)


def test_the_help_shows_the_options(pytester: pytest.Pytester) -> None:
    """All of them begin with the plugin's name."""
    result = pytester.runpytest_subprocess("--help")
    result.stdout.fnmatch_lines(["  --reprocheck *", "  --reprocheck-json=FILE", "  --reprocheck-list *"])
