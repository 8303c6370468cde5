"""The results of a run as one digest, by which runs of other parameters are told to give the same."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from pytest_reprocheck.core.trace import Aspect, Trace

_RESULTS: frozenset[Aspect] = frozenset({"outputs", "features", "training", "predictions", "artifacts"})


def results_digest(a: Trace, b: Trace) -> str:
    """Of the results that two runs of a subject have alike to the last digit; empty where there are none.

    What differs between them by noise (an address, a duration) is left out, or it would tell any two sets of
    parameters apart.
    """
    alike = _facts(a) & _facts(b)
    if not alike:
        return ""
    return hashlib.blake2b(json.dumps(sorted(alike.elements())).encode(), digest_size=16).hexdigest()


def _facts(trace: Trace) -> Counter[tuple[str, str, str, str]]:
    return Counter(
        (item.aspect, item.what, _place(trace, item.step), digest)
        for item in trace.observations
        if item.aspect in _RESULTS and (digest := item.value.digest)
    )


def _place(trace: Trace, step: int | None) -> str:
    return str(trace.steps[step].place) if step is not None and step < len(trace.steps) else ""
