"""Whether a factor was varied is what the probes measured, not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pytest_reprocheck.core.conditions import FactorName, Surroundings, baseline, varied
from pytest_reprocheck.core.findings import FactorReport
from pytest_reprocheck.core.trace import Event, Outcome, Source, Trace
from pytest_reprocheck.diagnose.applied import factor_report

A = baseline("train.py", threads=1)
B = varied("train.py", A, Surroundings(threads=1, timezones=("UTC-12",), locales=("de_DE.UTF-8",)))


def runs(
    a: Mapping[str, str], b: Mapping[str, str], *sources: Source, hosts: tuple[str, ...] = ()
) -> tuple[Trace, Trace]:
    events = tuple(Event(seq=1, source=source, stream=source, what="f", step=0, stack=()) for source in sources)
    ended = Outcome(status="finished")
    first = Trace(conditions=A, outcome=ended, seconds=0.0, facts={"python": "3", **a}, events=events, hosts=hosts)
    return first, Trace(conditions=B, outcome=ended, seconds=0.0, facts={"python": "3", **b})


@pytest.mark.parametrize("factor", ["hash", "listing", "timezone", "locale", "cpus"])
def test_a_measured_effect_is_applied_and_none_is_ineffective(factor: FactorName) -> None:
    """A silent setting would be a false pass."""
    name = str(factor)
    assert factor_report(factor, *runs({name: "1"}, {name: "2"})).status == "applied"
    report = factor_report(factor, *runs({name: "1"}, {name: "1"}))
    assert report.status == "ineffective"
    assert report.reason.endswith("was 1 in A and B alike")
    assert factor_report(factor, *runs({name: "1"}, {})).status == "ineffective"


@pytest.mark.parametrize(
    ("facts", "status", "reason"),
    [
        ({}, "not-applicable", "the probes did not load"),
        ({"directory problem": "copies have other paths"}, "not-applicable", "the probes did not load"),
        ({"seed": "ImportError: no module"}, "ineffective", "the probes failed to start: ImportError: no module"),
    ],
)
@pytest.mark.parametrize("factor", ["seed", "pid", "hash", "directory"])
def test_without_probes_nothing_is_applied(
    factor: FactorName, facts: Mapping[str, str], status: str, reason: str
) -> None:
    """Whatever the workspace says of itself."""
    a, b = (replace(trace, facts=facts) for trace in runs({}, {}))
    report = factor_report(factor, a, b)
    assert (report.status, report.reason.startswith(reason)) == (status, True)


def test_why_a_factor_cannot_be_controlled_is_told() -> None:
    """In the probe's own words."""
    told = runs({}, {"locale problem": "unsupported locale setting"})
    assert factor_report("locale", *told) == FactorReport(status="ineffective", reason="unsupported locale setting")


@pytest.mark.parametrize(("factor", "source"), [("rows", "rows"), ("completion", "completion")])
def test_without_anything_to_vary_a_factor_is_not_applicable(factor: FactorName, source: Source) -> None:
    """A query or a concurrent call makes it applicable."""
    first, second = {str(factor): "1"}, {str(factor): "2"}
    assert factor_report(factor, *runs(first, second)).status == "not-applicable"
    assert factor_report(factor, *runs(first, second, source)).status == "applied"


def test_a_clock_is_not_moved_where_others_look_at_it() -> None:
    """A connection to another machine makes the clock's effects our own fault."""
    report = factor_report("clock", *runs({"clock": "0"}, {"clock": "1"}, hosts=("db.example.org",)))
    assert (report.status, "db.example.org" in report.reason) == ("not-applicable", True)


def test_a_machine_without_another_value_is_told() -> None:
    """Nothing was varied, and nothing is passed in silence."""
    a, _b = runs({"simd": "native"}, {})
    report = factor_report("simd", a, a)
    assert report == FactorReport(status="ineffective", reason="no other instructions can be chosen on this machine")
    assert factor_report("directory", a, a).status == "not-applicable"


def test_libraries_that_were_not_loaded_have_nothing_to_vary() -> None:
    """Threads and instructions are measured in the libraries that the run loaded."""
    assert factor_report("threads", *runs({}, {})).status == "not-applicable"
    assert factor_report("threads", *runs({"threads": "1"}, {"threads": "2"})).status == "applied"
