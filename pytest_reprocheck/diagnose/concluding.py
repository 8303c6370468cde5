"""From attributions to findings: the words in which an audit says what it found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_reprocheck.core.conditions import FactorName, Knob, factor_of
from pytest_reprocheck.core.findings import Difference, Effect, Finding, Severity, finding_id
from pytest_reprocheck.core.sources import Unit, unit_at
from pytest_reprocheck.core.trace import Event, Place
from pytest_reprocheck.diagnose.attribution import failing
from pytest_reprocheck.diagnose.sharing import IN_THREADS
from pytest_reprocheck.diagnose.wording import listed

_RICH = re.compile(r"^(output \d+) \((.+)\)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a finding rests on."""

    cause: str
    location: Place
    message: str
    confirmed: bool
    remedy: str
    severity: Severity = "error"


def conclude(evidence: Evidence, differences: Sequence[Difference], units: Sequence[Unit]) -> Finding:
    """A finding with the effects that count."""
    effects = tuple(_effect(difference) for difference in _folded(failing(differences)))
    unit = unit_at(units, evidence.location)
    source = unit.line(evidence.location.line) if unit is not None else ""
    return Finding(
        id=finding_id(evidence.cause, evidence.location, source),
        cause=evidence.cause,
        severity=evidence.severity,
        confirmed=evidence.confirmed,
        aspects=tuple(sorted({effect.aspect for effect in effects})),
        location=evidence.location,
        source=source,
        effects=effects,
        message=evidence.message,
        remedy=evidence.remedy,
    )


Proof = Literal["alone", "remedy", "nearest", "suggested"]
"""What shows a cause: varying it alone, trying its remedy, or only that it is the nearest evidence; ``suggested``:
the same, where no experiment was made."""


def draw_message(event: Event, others: Sequence[str] = ()) -> str:
    """What an unseeded draw does, in one clause; ``others`` are further classes of estimators that draw at its line."""
    # In a cell that does not parse as Python (``%%time``) the call has no name, only its module.
    module = event.what in ("random", "numpy.random", "torch", "tensorflow")
    who = "the line" if module else event.what.removeprefix("sklearn ")
    if not event.stack:
        who = "code in a worker" if event.process or event.thread != "MainThread" else "a library"
    so_do = f"; so do {listed(others)}" if len(others) > 1 else f"; so does {others[0]}" if others else ""
    return {
        "random": f"{who} draws from Python's random module, which nobody seeded",
        "numpy": f"{who} draws from a numpy generator that nobody seeded",
        "estimator": f"{who} draws with random_state=None, and nobody seeded numpy's global state{so_do}",
        "torch": f"{who} draws from a generator of torch that nobody seeded",
        "tensorflow": f"{who} draws from TensorFlow's generators, which nobody seeded",
        "entropy": f"{who} draws from the operating system's entropy, which no seed reaches",
    }[event.source]


def order_message(kind: str) -> str:
    """What an order made of a set, or a number made by hash(), does, in one clause."""
    made = "hash() gives another number" if kind == "hash" else "a set has another order"
    return f"{made} in every Python process"


def read_message(event: Event) -> str:
    """What a read of the surroundings does, in one clause."""
    if event.source == "completion" and event.what.endswith(IN_THREADS):
        return f"what {event.what} adds to something shared stands there in the order in which they get to it"
    return {
        "listing": f"{event.what} gives files in whatever order the file system has them",
        "rows": f"the query leaves the order of its rows open: {event.what}",
        "clock": f"{event.what} reads the clock",
        "pid": f"{event.what} gives another number in every process",
        "timezone": f"{event.what} goes by the local time zone",
        "locale": f"{event.what} goes by the machine's locale",
        "cpus": f"{event.what} gives the number of CPUs of the machine",
        "variable": f"{event.what} is another one elsewhere",
        "completion": f"{event.what} hands over results in the order in which tasks end",
        "address": f"{event.what} gives an address in memory",
    }[event.source]


_FACTS: Mapping[FactorName, str] = {
    "timezone": "local time is read",
    "locale": "the machine's locale is read",
    "cpus": "the number of CPUs is read",
    "variables": "the environment is read",
    "directory": "the path of the checkout is used",
    "threads": "BLAS and OpenMP add in another order with another number of threads, and something amplifies it",
    "simd": "other processors round in another way, and something amplifies it",
    "network": "something is fetched from the network",
}
"""What happens somewhere in the code when a factor matters that left no event."""
_OTHER: Mapping[FactorName, str] = {
    "hash": "another PYTHONHASHSEED",
    "listing": "another listing order",
    "rows": "another row order",
    "clock": "another clock",
    "pid": "another process id",
    "timezone": "another time zone",
    "locale": "another locale",
    "cpus": "another number of CPUs",
    "variables": "another environment",
    "completion": "another order of completion",
    "directory": "another place of the checkout",
    "threads": "another number of threads",
    "simd": "another choice of processor instructions",
    "network": "a network that is off",
}


_ASKED: Mapping[FactorName, str] = {
    "threads": "the number of threads of BLAS and OpenMP is read",
    "network": "the network is asked for",
}
"""The same, where the code was seen to read it."""


def factor_message(factor: FactorName, *, failed: bool, is_read: bool = False) -> str:
    """What a factor without an event does, in one clause; ``is_read``: the code was seen to read it."""
    what = (_ASKED if is_read and factor in _ASKED else _FACTS).get(factor, f"{factor} is read")
    return f"{what}, and the subject fails" if failed else what


def with_proof(knob: Knob, message: str, proof: Proof) -> str:
    """The clause and what shows it, as one sentence."""
    if proof == "remedy":
        return f"{message}; with the remedy the difference is gone"
    if proof == "nearest":
        return f"{message}; it is the nearest evidence before (others were varied together with it)"
    if proof == "suggested":
        return f"{message}; it is the likeliest evidence, and nothing was tried"
    factor = factor_of(knob)
    if factor in _OTHER:
        return f"{_OTHER[factor]} alone changes it: {message}"
    return f"{message}; other seeds for this stream alone change it"


_UNEXPLAINED: Mapping[str, str] = {
    "replayed": "it differs also when run again under the same conditions: the cause is no factor that is controlled",
    "not found": (
        "it differs between A and B, and varying each factor alone did not bring it about within the runs allowed"
    ),
    "not run again": (
        "the subject connects to other machines, so it is not run again to tell why; allow-network-reruns lets it"
    ),
}


def unexplained_message(why: Literal["replayed", "not found", "not run again"]) -> str:
    """Why nothing is blamed."""
    return _UNEXPLAINED[why]


def _folded(differences: Sequence[Difference]) -> list[Difference]:
    """One difference for each output: of several representations the plain text tells most, if it differs at all."""
    kept: dict[object, Difference] = {}
    for difference in differences:
        match = _RICH.match(difference.key.what)
        identity: object = difference.key
        if match:
            identity = (difference.key.place, match.group(1), difference.key.occurrence)
        if identity not in kept or (match and match.group(2) == "text/plain"):
            kept[identity] = difference
    return list(kept.values())


def _effect(difference: Difference) -> Effect:
    return Effect(
        aspect=difference.key.aspect,
        place=str(difference.place),
        what=difference.key.what,
        sameness=difference.sameness,
        a=difference.a,
        b=difference.b,
        note=difference.note,
    )
