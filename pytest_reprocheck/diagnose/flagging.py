"""Parameters that do not do what they are there for, told by the audits of a subject's sets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_reprocheck.core.allowances import Allowance
from pytest_reprocheck.core.findings import Audit, Finding
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import parameter_text
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.allowing import allowances_in
from pytest_reprocheck.diagnose.concluding import Evidence, conclude

_SEED = re.compile(r"(?:.*[_-])?(?:seed|random[_-]?state)", re.IGNORECASE)
_UNSEEDED = ("unseeded-", "os-entropy")
_SHOWN = 3
"""Values that are told."""


def flag(audits: Sequence[Audit], units: Sequence[Unit], allowances: Sequence[Allowance]) -> tuple[Audit, ...]:
    """The audits of one subject's sets of parameters, with a finding for each parameter that does nothing.

    Args:
        audits: in any order; a finding that is there already is not added again.
        units: the subject's own code, where parameters have their defaults.
        allowances: those of the configuration; the code's own are known by ``units``.
    """
    found: dict[int, list[Finding]] = {}
    for number, finding in (*_uncontrolled(audits, units), *_dead(audits, units)):
        found.setdefault(number, []).append(finding)
    accepting = (*allowances, *allowances_in(units))
    return tuple(
        _with_findings(audit, found[number], accepting) if number in found else audit
        for number, audit in enumerate(audits)
    )


def _with_findings(audit: Audit, findings: Sequence[Finding], accepting: Sequence[Allowance]) -> Audit:
    known = {finding.id for finding in audit.findings}
    added = [_accepted(each, accepting, audit.path) for each in findings if each.id not in known]
    return replace(audit, findings=(*audit.findings, *added)) if added else audit


def _accepted(finding: Finding, accepting: Sequence[Allowance], subject: str) -> Finding:
    for each in accepting:
        if each.covers(finding, subject):
            return replace(finding, severity="info", allowed=f"{each.reason or 'no reason given'} ({each.where})")
    return finding


def _uncontrolled(audits: Sequence[Audit], units: Sequence[Unit]) -> Iterator[tuple[int, Finding]]:
    """Seeds of audits whose runs draw differently although the seed is the same."""
    for number, audit in enumerate(audits):
        drawn = [each for each in audit.findings if each.severity == "error" and each.cause.startswith(_UNSEEDED)]
        for name in filter(_SEED.fullmatch, audit.parameters if drawn else ()):
            places = ", ".join(dict.fromkeys(str(each.location) for each in drawn[:_SHOWN]))
            told = parameter_text({name: audit.parameters[name]})[1:-1]
            message = f"with {told} in both runs the result differs: what is drawn at {places} does not come from it"
            confirmed = all(each.confirmed for each in drawn)
            yield number, _finding("seed-parameter", name, message, units, confirmed=confirmed)


def _dead(audits: Sequence[Audit], units: Sequence[Unit]) -> Iterator[tuple[int, Finding]]:
    """Parameters whose values change no result of sets that are alike but for them."""
    sound = [(number, audit) for number, audit in enumerate(audits) if audit.passed and audit.results]
    for name in sorted({name for _number, audit in sound for name in audit.parameters}):
        groups: dict[str, list[tuple[int, Audit]]] = {}
        for number, audit in sound:
            others = {key: value for key, value in audit.parameters.items() if key != name}
            if name in audit.parameters:
                groups.setdefault(parameter_text(others), []).append((number, audit))
        tried = [group for group in groups.values() if len(group) > 1]
        if not tried or any(len({audit.results for _number, audit in group}) > 1 for group in tried):
            continue
        number, audit = tried[0][0]
        values = [parameter_text({name: each.parameters[name]})[1:-1] for _number, each in tried[0]]
        told = ", ".join(values[:_SHOWN]) + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")
        slug = "seed-parameter" if _SEED.fullmatch(name) else "dead-parameter"
        yield number, _finding(slug, name, f"all results are the same with {told}", units, confirmed=True)


def _finding(slug: str, name: str, message: str, units: Sequence[Unit], *, confirmed: bool) -> Finding:
    remedy = f"draw from it, as with numpy.random.default_rng({name})" if slug == "seed-parameter" else _REMEDY
    place = next(_places(name, units), Place(path=units[0].path if units else ""))
    evidence = Evidence(
        cause=slug, location=place, message=message, confirmed=confirmed, remedy=remedy, severity="warning"
    )
    finding = conclude(evidence, (), units)
    return finding if finding.source else replace(finding, source=name)


_REMEDY = "let something that reaches a result depend on it, or leave it out"


def _places(name: str, units: Sequence[Unit]) -> Iterator[Place]:
    """Where a parameter has its default: in the cell of that tag first, and as an option of a script."""
    assigned = re.compile(rf"\s*{re.escape(name)}\s*(?::[^=]*)?=(?!=)")
    option = re.compile(rf"""['"]--{re.escape(name).replace("_", "[_-]")}['"]""")
    for unit in sorted(units, key=lambda unit: "parameters" not in unit.tags):
        for number, line in enumerate(unit.text.splitlines(), start=1):
            if assigned.match(line) or option.search(line):
                yield Place(path=unit.path, cell=unit.cell, line=number)
