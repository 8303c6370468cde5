"""How float noise became a result: where it began, where it grew beyond the tolerance, and what it reached."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_reprocheck.core.findings import Difference, Sameness
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.core.values import Text
from pytest_reprocheck.diagnose.attribution import failing

_UNCONVERGED = re.compile(
    r"ConvergenceWarning|(?:fail(?:ed|s)? to|did not|not) converge|iterations? (?:reached|limit)|ill-conditioned",
    re.IGNORECASE,
)
_SEEN = frozenset({Sameness.TOLERANCE, Sameness.ORDERING, Sameness.DECISIONS, Sameness.DIFFERENT})


def amplification(differences: Sequence[Difference], a: Trace) -> str:
    """The chain as clauses to be added to a message; empty where there is none to be told.

    ``differences`` are all of them, those within the tolerance too: the first of these is where the noise begins.
    """
    chain = sorted((each for each in differences if each.sameness in _SEEN), key=lambda each: each.seq)
    counting = [each for each in chain if each.sameness.counts]
    reached = failing(counting)
    if not chain or not reached:
        return ""
    first, grown, last = chain[0], counting[0], reached[-1]
    clauses = []
    if first is not grown:
        clauses.append(f"it begins as {_told(first)}")
    clauses.append(f"counts from {_told(grown)} on")
    if last is not grown:
        clauses.append(f"reaches {last.key.what} at {last.place}")
    text = f"; {', '.join(clauses[:-1])} and {clauses[-1]}" if len(clauses) > 1 else f"; it {clauses[0]}"
    return f"{text}; what ran says that a fit had not converged" if _has_not_converged(a) else text


def _told(difference: Difference) -> str:
    note = f" ({difference.note})" if difference.note else ""
    return f"{difference.key.what} at {difference.place}{note}"


def _has_not_converged(trace: Trace) -> bool:
    """Whether a warning says so."""
    texts = (each.value.text for each in trace.observations if each.what == "stderr" and isinstance(each.value, Text))
    return any(_UNCONVERGED.search(text) for text in texts)
