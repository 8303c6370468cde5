"""The fixture and the marker: functions of ordinary tests, audited with and without ``--reprocheck``."""

from __future__ import annotations

import pytest

from tests.conftest import Project

UNSTABLE = "import itertools\ncounter = itertools.count()\ndef unstable(): return next(counter)\n"


def test_the_fixture_returns_the_audit_of_a_reproducible_function(project: Project) -> None:
    """Arguments are passed on, also one that is called ``function``; no flag is needed and nothing is written."""
    project.write(
        {
            "test_a.py": """
                def train(a, *, function): return a + function
                def test_train(reprocheck):
                    audit = reprocheck(train, 1, function=2)
                    assert (audit.verdict, audit.path) == ("reproducible", "test_a.py::test_train")
                    assert reprocheck(list).path == "test_a.py::test_train#2"
            """.replace("\n" + " " * 16, "\n")
        }
    )
    project.run().assert_outcomes(passed=1)
    assert not (project.root / ".reprocheck").exists()


def test_a_function_that_differs_fails_its_test_with_the_finding(project: Project) -> None:
    """The rendered audit, without a traceback."""
    project.write({"test_a.py": UNSTABLE + "def test_it(reprocheck): reprocheck(unstable)"})
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_a.py::test_it: nondeterministic (1 confirmed)", "hash-order  x.py:1 *"])
    assert "plugin.py" not in result.stdout.str()


def test_what_a_function_raises_is_raised(project: Project) -> None:
    """A failing function is the test's own matter, with pytest's explanation of its assertion."""
    project.write(
        {
            "test_a.py": "import pytest\n"
            "def broken(x): assert x == 2\n"
            "def test_a(reprocheck):\n    with pytest.raises(AssertionError): reprocheck(broken, 1)\n"
            "@pytest.mark.reprocheck\ndef test_b(): broken(3)\n"
            "@pytest.mark.reprocheck\ndef test_c(): pytest.skip('not here')\n"
        }
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["E * assert 3 == 2"])


def test_a_marked_test_is_itself_audited(project: Project) -> None:
    """It is called twice, its fixtures are made once, and parameters and methods work."""
    project.write(
        {
            "test_a.py": """
import pytest
calls, setups = [], []
@pytest.fixture
def data():
    setups.append(1)
    return [1]
@pytest.mark.reprocheck
@pytest.mark.parametrize("x", [1])
def test_one(data, x): calls.append(x)
class TestMany:
    @pytest.mark.reprocheck(vary="seed")
    def test_two(self, data): calls.append(2)
def test_after(): assert (calls, setups) == ([1, 1, 2, 2], [1, 1])
"""
        }
    )
    project.run("-W", "error").assert_outcomes(passed=3)
    assert [audit["path"] for audit in project.audits()] == ["test_a.py::test_one[1]", "test_a.py::TestMany::test_two"]


def test_a_marked_test_that_differs_fails(project: Project) -> None:
    """What it returns is compared, like any function's result."""
    project.write({"test_a.py": UNSTABLE + "import pytest\n@pytest.mark.reprocheck\ndef test_it(): return unstable()"})
    project.run().assert_outcomes(failed=1)


def test_marker_and_configuration_set_the_options(project: Project) -> None:
    """Nearest wins: project, module, function."""
    project.write(
        {
            "pyproject.toml": "[tool.reprocheck]\ntolerance = {rtol = 0.5, atol = 0.5}\nvary = ['hash']",
            "test_a.py": "import pytest\n"
            "pytestmark = pytest.mark.reprocheck(vary=['seed', 'hash'])\n"
            "def test_a(reprocheck): reprocheck(list)\n"
            "@pytest.mark.reprocheck(vary='seed', rtol=0.1)\ndef test_b(reprocheck): reprocheck(list)\n",
        }
    )
    first, second = project.audits()
    assert first["environment"] == {"vary": ["seed", "hash"], "rtol": 0.5, "atol": 0.5}
    assert second["environment"] == {"vary": ["seed"], "rtol": 0.1, "atol": None}


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("@pytest.mark.reprocheck(rtoll=1)\ndef test_a(): pass", "reprocheck.rtoll: unknown key. Did you mean 'rtol'?"),
        ("@pytest.mark.reprocheck(3)\ndef test_a(): pass", "reprocheck: takes no positional arguments"),
        ("@pytest.mark.reprocheck(vary='x')\ndef test_a(reprocheck): pass", "reprocheck.vary: unknown factor 'x'"),
        ("@pytest.mark.reprocheck\nasync def test_a(): pass", "reprocheck cannot audit an async test"),
        (
            "import unittest\nclass T(unittest.TestCase):\n    @pytest.mark.reprocheck\n    def test_a(self): pass",
            "reprocheck cannot audit a unittest method",
        ),
    ],
)
def test_a_wrong_marker_fails_its_test(project: Project, marked: str, message: str) -> None:
    """Located at the test; a marker never has no effect in silence."""
    project.write({"test_a.py": f"import pytest\n{marked}\ndef test_b(): pass"})
    result = project.run()
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"test_a.py::*test_a: @pytest.mark.{message}*"])


def test_wrong_configuration_is_told_by_the_test_that_needs_it(project: Project) -> None:
    """Tests that need none of it pass."""
    project.write(
        {
            "pyproject.toml": "[tool.reprocheck]\nbudgte = 1",
            "test_a.py": "def test_a(reprocheck): reprocheck(list)\ndef test_b(): pass",
        }
    )
    result = project.run()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*pyproject.toml: tool.reprocheck.budgte: unknown key. Did you mean 'budget'?"])
