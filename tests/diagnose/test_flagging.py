"""Parameters that do nothing, and seeds that control nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_reprocheck.core.allowances import Allowance
from pytest_reprocheck.core.findings import Audit, Finding, Verdict
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.flagging import flag

UNITS = (
    Unit(path="nb.ipynb", cell=0, text="seed = 5"),
    Unit(path="nb.ipynb", cell=1, text="depth: int = 3\nalpha = 1  # default\nseed = 0", tags=("parameters",)),
)
DRAWN = Finding(
    id="0", cause="unseeded-numpy", severity="error", confirmed=True, aspects=("outputs",),
    location=Place(path="nb.ipynb", cell=2, line=4), effects=(), message="drawn",
)  # fmt: skip


def audit(parameters: Mapping[str, Json], results: str = "x", verdict: Verdict = "reproducible") -> Audit:
    """Of one set."""
    found = (DRAWN,) if verdict == "nondeterministic" else ()
    return Audit(
        path="nb.ipynb", kind="notebook", parameters=parameters, verdict=verdict, results=results, findings=found
    )


def flagged(*audits: Audit, units: tuple[Unit, ...] = UNITS) -> list[tuple[int, str, int | None, str]]:
    """Number of the set, cause, line in the parameters' cell, message."""
    return [
        (number, finding.cause, finding.location.line, finding.message)
        for number, after in enumerate(flag(audits, units, ()))
        for finding in after.findings
        if finding.severity == "warning"
    ]


def test_a_parameter_that_changes_nothing() -> None:
    """Sets are compared that are alike but for it; it is alive if any of its values does something."""
    same = [audit({"alpha": value, "depth": 3}) for value in (0.1, 1, 2, 3)]
    message = "all results are the same with alpha=0.1, alpha=1, alpha=2 and 1 more"
    assert flagged(*same) == [(0, "dead-parameter", 2, message)]
    assert flagged(audit({"alpha": 1}), audit({"alpha": 2}, results="y")) == []
    assert flagged(*same, audit({"alpha": 1, "depth": 4}), audit({"alpha": 2, "depth": 4}, results="y")) == []
    assert flagged(audit({"alpha": 1, "depth": 3}), audit({"alpha": 2, "depth": 4})) == []


def test_only_sound_sets_are_compared() -> None:
    """What differs from run to run, or gives nothing, tells nothing."""
    assert flagged(audit({"alpha": 1}), audit({"alpha": 2}, verdict="fragile")) == []
    assert flagged(audit({"alpha": 1}, results=""), audit({"alpha": 2}, results="")) == []
    assert flagged(audit({"alpha": 1})) == []


def test_a_seed_that_changes_nothing() -> None:
    """It is told as what it is."""
    found = flagged(audit({"seed": 1}), audit({"seed": 2}))
    assert found == [(0, "seed-parameter", 3, "all results are the same with seed=1, seed=2")]


def test_a_seed_that_leaves_draws_to_chance() -> None:
    """One set shows it: the seed is the same in its runs, and they differ by unseeded draws."""
    message = (
        "with random_state=7 in both runs the result differs: what is drawn at nb.ipynb cell[2]:4 does not come from it"
    )
    found = flagged(audit({"random_state": 7, "alpha": 1}, verdict="nondeterministic"), units=())
    assert found == [(0, "seed-parameter", None, message)]
    assert flagged(audit({"seeds_file": "x"}, verdict="nondeterministic")) == []


def test_it_is_found_once_and_can_be_accepted() -> None:
    """Flagging again adds nothing; the configuration and a comment in the code accept it."""
    sets = (audit({"alpha": 1}), audit({"alpha": 2}))
    once = flag(sets, UNITS, ())
    assert flag(once, UNITS, ()) == once
    (finding,) = flag(
        sets, UNITS, [Allowance(where="x", causes=("dead-parameter",), pattern="**", reason="kept for later")]
    )[0].findings
    assert (finding.severity, finding.allowed) == ("info", "kept for later (x)")
    commented = replace(UNITS[1], text="alpha = 1  # reprocheck: allow[dead-parameter] as the others have it")
    (finding,) = flag(sets, (commented,), ())[0].findings
    assert finding.severity == "info"


def test_an_option_of_a_script_is_where_it_is_added() -> None:
    """Underscores of a parameter may be dashes there."""
    text = "import argparse\nparser.add_argument('--learning-rate', type=float)\n"
    script = (Unit(path="train.py", cell=None, text=text),)
    sets = [replace(audit({"learning-rate": value}), path="train.py", kind="script") for value in (1, 2)]
    assert [finding.location.line for finding in flag(sets, script, ())[0].findings] == [2]
