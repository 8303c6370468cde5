"""Outcomes of mutants: kept as soon as they are known, counted by operator, told where they are not right."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.corpus import Example
from benchmarks.mutants import Mutant
from benchmarks.mutate import Fault, judged
from benchmarks.outcomes import Looked, Outcome, line_of, mutation_page, read_looked_at, read_state, summary
from pytest_reprocheck.core.findings import Audit, Finding, Severity, Verdict
from pytest_reprocheck.core.trace import Place

RIGHT = Outcome(
    name="scikit-learn/svm/a.py:3 seed", operator="seed", changes="X", runs=4, date="2026-11-21",
    caught=True, right=True, alone=True, exact=True, told=("error unseeded-numpy svm/a.py:4",),
)  # fmt: skip
LATE = replace(RIGHT, name="statsmodels/b.ipynb cell[2]:1 now", operator="now", exact=False, runs=2)
SAME = Outcome(name="statsmodels/b.ipynb cell[2]:7 seed", operator="seed")
SLOW = Outcome(name="scikit-learn/svm/c.py", told=("the original fails: exit code -27",))


def fault(first: int, last: int, *causes: str, anywhere: bool = False) -> Fault:
    """A mutant of some script with a change at these lines."""
    example = Example(project="own", path="svm/a.py", file=Path("svm/a.py"))
    mutant = Mutant(operator="seed", text="", first=first, last=last, causes=frozenset(causes), anywhere=anywhere)
    return Fault(example=example, cell=None, mutant=mutant)


def audit(*found: tuple[str, int, Severity, str]) -> Audit:
    """An audit with findings: cause, line, severity, remedy."""
    findings = tuple(
        Finding(
            id=f"{cause}{line}",
            cause=cause,
            severity=severity,
            confirmed=True,
            aspects=("outputs",),
            location=Place(path="svm/a.py", line=line),
            source="",
            effects=(),
            message="",
            remedy=remedy,
        )
        for cause, line, severity, remedy in found
    )
    verdict: Verdict = "nondeterministic" if findings else "reproducible"
    return Audit(path="svm/a.py", kind="script", verdict=verdict, runs=4, findings=findings)


def marks(outcome: Outcome) -> tuple[bool, bool, bool, bool]:
    """Whether a mutant was caught, with the right cause, nothing else, at the exact line."""
    return outcome.caught, outcome.right, outcome.alone, outcome.exact


def test_a_finding_is_judged_by_its_cause_and_its_place() -> None:
    """The line is that of the finding or of its remedy; beside a seed that is gone it may be any of the file's."""
    seeded = fault(3, 5, "unseeded-numpy")
    assert marks(judged(seeded, "X", audit(("unseeded-numpy", 4, "error", "")))) == (True, True, True, True)
    told = audit(("unseeded-numpy", 9, "error", "rng = default_rng(0)   (line 3)"))
    assert marks(judged(seeded, "X", told)) == (True, True, True, True)
    assert marks(judged(seeded, "X", audit(("unseeded-numpy", 9, "error", "")))) == (True, True, True, False)
    assert marks(judged(seeded, "X", audit(("clock", 4, "error", "")))) == (True, False, False, False)
    both = audit(("unseeded-numpy", 4, "error", ""), ("hash-order", 8, "error", ""), ("clock", 9, "warning", ""))
    assert marks(judged(seeded, "X", both)) == (True, True, False, True)
    assert marks(judged(seeded, "X", audit())) == (False, False, True, False)
    gone = fault(1, 1, "unseeded-numpy", anywhere=True)
    assert marks(judged(gone, "X", audit(("unseeded-numpy", 40, "error", "")))) == (True, True, True, True)


def test_outcomes_are_read_as_they_were_written(tmp_path: Path) -> None:
    """A call that was broken off goes on from them; the last outcome of a mutant counts."""
    file = tmp_path / "state.jsonl"
    assert read_state(file) == {}
    file.write_text("".join(json.dumps(asdict(each)) + "\n" for each in (LATE, SLOW, replace(LATE, exact=True))))
    assert read_state(file) == {LATE.name: replace(LATE, exact=True), SLOW.name: SLOW}
    assert [each.file for each in (RIGHT, LATE, SLOW)] == [
        "scikit-learn/svm/a.py",
        "statsmodels/b.ipynb",
        "scikit-learn/svm/c.py",
    ]


def test_figures_count_what_changes() -> None:
    """Mutants that change nothing, and examples that were not mutated, are in no rate."""
    told = summary([RIGHT, LATE, SAME, SLOW])
    assert [line.split() for line in told.splitlines() if line.startswith(("seed", "all"))] == [
        ["seed", "1", "2", "1", "1", "1", "1", "1", "4.0"],
        ["all", "2", "3", "2", "2", "2", "2", "1", "3.0"],
    ]
    assert told.endswith(line_of(LATE))
    assert line_of(LATE).startswith("statsmodels/b.ipynb cell[2]:1 now  NOT EXACT; X; ")
    page = mutation_page([RIGHT, LATE, SAME, SLOW], {})
    assert "| all | 2 | 3 | 2 | 2 | 2 | 2 | 1 | 3.0 |" in page
    assert "| `statsmodels/b.ipynb cell[2]:1 now` | `X` | `error unseeded-numpy svm/a.py:4` |  |" in page
    assert "Examples that were not mutated: the original fails: 1." in page


def test_what_was_looked_at_is_said_and_what_is_no_result_counts_nowhere() -> None:
    """A miss is shown with what was found; a variable that reaches nothing is shown apart."""
    seen = {LATE.name: Looked(name=LATE.name, why="it is late")}
    assert "`error unseeded-numpy svm/a.py:4` | it is late |" in mutation_page([RIGHT, LATE], seen)
    none = {LATE.name: Looked(name=LATE.name, no_result=True, why="it reaches nothing")}
    page = mutation_page([RIGHT, LATE], none)
    assert "| all | 1 | 2 | 1 | 1 | 1 | 1 | 1 | 4.0 |" in page
    assert "Not told rightly" not in page
    assert f"| `{LATE.name}` | it reaches nothing |" in page


def test_what_was_looked_at_is_read_by_name() -> None:
    """The file is of its form, and says why of each."""
    assert all(looked.name == name and looked.why for name, looked in read_looked_at().items())
