"""Findings that the user has accepted: in a comment, a cell's tag, the configuration or the baseline."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_reprocheck.core.allowances import Accepted, Allowance
from pytest_reprocheck.core.causes import CAUSE_OF_FACTOR, CAUSE_OF_SOURCE, CAUSES
from pytest_reprocheck.core.conditions import FactorName
from pytest_reprocheck.core.errors import did_you_mean
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.diagnose.parsing import parse, python_text

_COMMENT = re.compile(r"#\s*reprocheck\s*:(?P<rest>.*)")
_ALLOW = re.compile(r"\s*allow\s*\[(?P<causes>[^\]]*)\]\s*(?P<reason>.*)")
_TAG = "reprocheck-allow-"
_ALWAYS = frozenset({"unexplained", "memory-address", "leftover-state", "input-mutated"})
"""Causes that every audit looks for, whatever it varies."""
_SLUGS = frozenset(cause.slug for cause in CAUSES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """What acceptances make of a subject's findings."""

    findings: tuple[Finding, ...]
    """Accepted ones have the severity ``info`` and say why in ``allowed``."""
    remarks: tuple[str, ...]
    """What is wrong with acceptances in the code, and what of the baseline is fixed or expired; sorted."""


def allow(
    findings: Sequence[Finding],
    allowances: Sequence[Allowance],
    accepted: Sequence[Accepted],
    *,
    subject: str,
    tried: Collection[str],
) -> Allowed:
    """Accept what is to be accepted.

    Args:
        findings: of one subject.
        allowances: of its code and of the configuration.
        accepted: the baseline's findings of this subject; each accepts one finding.
        subject: path of the subject.
        tried: causes that this audit could have found; an acceptance of another one is not unused.
    """
    used: set[int] = set()
    left = list(accepted)
    result: list[Finding] = []
    remarks: set[str] = set()
    for finding in findings:
        covering = [number for number, each in enumerate(allowances) if each.covers(finding, subject)]
        used.update(covering)
        known = next((each for each in left if each.finding == finding.id), None)
        if covering:
            each = allowances[covering[0]]
            result.append(_accepted(finding, f"{each.reason or 'no reason given'} ({each.where})"))
        elif known is not None and known.expired:
            remarks.add(f"accepted until {known.until}, which is over: {known.cause} in {known.path}: {known.source}")
            result.append(finding)
        elif known is not None:
            result.append(_accepted(finding, f"{known.reason or 'known before'} (baseline)"))
        else:
            result.append(finding)
        if known is not None:
            left.remove(known)
    remarks.update(_complaints(allowances, used, tried))
    remarks.update(
        f"fixed since the baseline: {each.cause} in {each.path}: {each.source}" for each in left if each.cause in tried
    )
    return Allowed(findings=tuple(result), remarks=tuple(sorted(remarks)))


def _accepted(finding: Finding, why: str) -> Finding:
    return replace(finding, severity="info", allowed=why)


def _complaints(allowances: Sequence[Allowance], used: Collection[int], tried: Collection[str]) -> Iterator[str]:
    for number, each in enumerate(allowances):
        if each.pattern:
            continue  # the configuration speaks of all subjects: only their audits together tell whether it is of use
        for slug in each.causes:
            if slug not in _SLUGS:
                yield f"{each.where}: allows the unknown cause {slug!r}. {did_you_mean(slug, _SLUGS)}"
        if not each.causes:
            yield f"{each.where}: is not understood. Write '# reprocheck: allow[CAUSE] the reason'"
        elif number not in used and tried and set(each.causes) & set(tried):
            yield f"{each.where}: allows {', '.join(each.causes)}, and there is no such finding: remove it"
        elif number in used and each.needs_reason and not each.reason:
            yield f"{each.where}: allows {', '.join(each.causes)} without a reason: add it behind the bracket"


def causes_tried(factors: Collection[FactorName]) -> frozenset[str]:
    """The causes that an audit can find which varied these factors."""
    drawn = set(CAUSE_OF_SOURCE.values()) if "seed" in factors else set()
    return frozenset({CAUSE_OF_FACTOR[each] for each in factors if each in CAUSE_OF_FACTOR} | drawn | _ALWAYS)


def allowances_in(units: Sequence[Unit]) -> tuple[Allowance, ...]:
    """The acceptances that stand in the code that ran, in its order; a comment that is not understood has no causes."""
    return tuple(each for unit in units for each in (*_in_comments(unit), *_in_tags(unit)))


def _in_comments(unit: Unit) -> Iterator[Allowance]:
    if "reprocheck" not in unit.text:
        return
    tree = parse(unit)
    for line, text in _comments(unit):
        if not (marked := _COMMENT.match(text)):
            continue
        found = _ALLOW.fullmatch(marked["rest"])
        slugs = [word.strip() for word in found["causes"].split(",")] if found else []
        yield Allowance(
            where=str(Place(path=unit.path, cell=unit.cell, line=line)),
            causes=tuple(slug for slug in slugs if slug),
            reason=found["reason"].strip() if found else "",
            path=unit.path,
            cell=unit.cell,
            lines=_statement(tree, line),
        )


def _in_tags(unit: Unit) -> Iterator[Allowance]:
    for tag in unit.tags:
        if tag.startswith(_TAG):
            yield Allowance(
                where=f"{Place(path=unit.path, cell=unit.cell)} tag {tag}",
                causes=(tag.removeprefix(_TAG),),
                reason="tagged",
                needs_reason=False,
                path=unit.path,
                cell=unit.cell,
            )


def _comments(unit: Unit) -> Iterator[tuple[int, str]]:
    """Line and text of each comment; of text that is no Python up to where that shows."""
    reader = io.StringIO(python_text(unit)).readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _statement(tree: ast.Module | None, line: int) -> tuple[int, int]:
    """First and last line of the innermost statement around a line: of a compound one its head alone."""
    best = (line, line)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        body = getattr(node, "body", None)
        last = max(body[0].lineno - 1, node.lineno) if body else node.end_lineno or node.lineno
        # Statements are walked from the outside in, so that the innermost one comes last.
        if first <= line <= last:
            best = (first, last)
    return best
