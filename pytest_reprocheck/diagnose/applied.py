"""Whether each factor really was varied: by what the probes measured in both runs, never by what was asked for."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reprocheck.core.conditions import FactorName, has_same
from pytest_reprocheck.core.findings import FactorReport
from pytest_reprocheck.core.trace import DRAWS, Source, Trace

_NEEDS: Mapping[FactorName, tuple[Source, str]] = {
    "rows": ("rows", "no query with an open order"),
    "completion": ("completion", "no results as they complete"),
}
"""Factors that have something to vary only where the run does something -> the event that tells it, and what to say."""
_SAME: Mapping[FactorName, FactorReport] = {
    "locale": FactorReport(status="ineffective", reason="no other UTF-8 locale is installed"),
    "simd": FactorReport(status="ineffective", reason="no other instructions can be chosen on this machine"),
    "directory": FactorReport(status="not-applicable", reason="needs an overlay workspace"),
}
"""What it means that A and B have the same value of a factor that was asked for."""
_AT_END: Mapping[FactorName, str] = {
    "threads": "no BLAS or OpenMP library was loaded",
    "simd": "neither numpy nor a BLAS library was loaded",
}
"""Factors that are measured at a run's end, in the libraries that it loaded."""


def factor_report(factor: FactorName, a: Trace, b: Trace) -> FactorReport:
    """What became of a factor that was to be varied between two runs."""
    if "python" not in a.facts:  # what the workspace says of itself is there without probes too
        return _unobserved(a)
    for trace in (b, a):
        if problem := trace.facts.get(f"{factor} problem"):
            return FactorReport(status="ineffective", reason=problem)
    if factor == "seed":
        drawn = any(event.source in DRAWS for event in (*a.events, *b.events))
        return FactorReport(status="applied", reason="" if drawn else "no unseeded draw")
    if factor == "pid":
        return FactorReport(status="applied")
    if has_same(a.conditions, b.conditions, factor):
        return _SAME.get(factor, FactorReport(status="ineffective", reason="there is no other value to try"))
    if factor == "clock" and (hosts := sorted({*a.hosts, *b.hosts})):
        reason = f"the subject connects to {hosts[0]}, where a moved clock may be refused"
        return FactorReport(status="not-applicable", reason=reason)
    return _measured(factor, a, b)


def _unobserved(trace: Trace) -> FactorReport:
    """Why nothing is known of a run's factors."""
    if failure := trace.facts.get("seed"):
        return FactorReport(status="ineffective", reason=f"the probes failed to start: {failure}")
    if trace.outcome.status in ("timeout", "died"):
        return FactorReport(status="ineffective", reason="the run ended before the probes could load")
    reason = "the probes did not load (another language, or python -I, -E or -S)"
    return FactorReport(status="not-applicable", reason=reason)


def _measured(factor: FactorName, a: Trace, b: Trace) -> FactorReport:
    if factor in _NEEDS:
        source, nothing = _NEEDS[factor]
        if not any(event.source == source for event in (*a.events, *b.events)):
            return FactorReport(status="not-applicable", reason=nothing)
    values = (a.facts.get(factor), b.facts.get(factor))
    if values == (None, None) and factor in _AT_END:
        return FactorReport(status="not-applicable", reason=_AT_END[factor])
    if None in values:
        return FactorReport(status="ineffective", reason="its effect was not measured in both runs")
    if values[0] == values[1]:
        what = "hash('reprocheck')" if factor == "hash" else factor
        return FactorReport(status="ineffective", reason=f"{what} was {values[0]} in A and B alike")
    return FactorReport(status="applied")
