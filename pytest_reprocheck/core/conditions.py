"""Factors and the Conditions of a run: one value for every factor, frozen, recorded, replayable.

Seeds and hash numbers derive from the subject's name, so that a verdict does not flicker from one audit to the next
and two audits of the same subject can be compared.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

FactorName = Literal["seed", "hash"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One controllable circumstance of a run."""

    name: FactorName
    baseline: str
    """What run A has."""
    varied: str
    """What run B has."""
    reveals: str
    """What kind of dependence a difference under this factor shows."""


FACTORS: tuple[Factor, ...] = (
    Factor(
        name="seed",
        baseline="recorded seeds, one stream for each source of randomness that the user did not seed",
        varied="other seeds",
        reveals="unseeded draws",
    ),
    Factor(
        name="hash",
        baseline="PYTHONHASHSEED = a recorded number",
        varied="another number",
        reveals="set and hash order",
    ),
)

NOT_VARIED: tuple[str, ...] = (
    "file listing order",
    "row order",
    "clock",
    "time zone",
    "locale",
    "cpu count",
    "completion order",
    "threads",
    "network",
)
"""Circumstances that no factor varies; reports name them, so that nobody takes silence for a pass."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """One value for every factor, and what is held fixed for all runs of an audit."""

    seed: int
    """Base of all seed streams: a stream named K starts from SHA-256 of ``K:seed``."""
    hash: int
    """PYTHONHASHSEED."""
    threads: int
    """Threads for each BLAS and OpenMP pool; a numeric condition of its own, equal in all runs of an audit."""
    streams: Mapping[str, int] = field(default_factory=dict)
    """Stream name -> seed that replaces ``seed`` for that stream alone; how one draw site is varied and the others
    are not."""


Knob = str
"""The smallest thing an experiment can vary: ``hash``, or ``seed/STREAM`` for one stream of unseeded draws."""

_SEED_PREFIX = "seed/"
_MAX_SEED = 2**32 - 1


def baseline(subject_name: str, *, threads: int) -> Conditions:
    """Conditions A of a subject, derived from its name alone."""
    return Conditions(seed=_derive(subject_name, "seed", 0), hash=_derive(subject_name, "hash", 0), threads=threads)


def varied(subject_name: str, a: Conditions, *, generation: int = 1) -> Conditions:
    """Conditions that change every factor of ``a``; generation 1 is B, further ones are third, fourth ... values."""
    return dataclasses.replace(
        a, seed=_derive(subject_name, "seed", generation), hash=_derive(subject_name, "hash", generation), streams={}
    )


def with_knobs(a: Conditions, b: Conditions, knobs: Iterable[Knob]) -> Conditions:
    """``a`` with the given knobs at the values of ``b`` and everything else unchanged."""
    streams = dict(a.streams)
    result = a
    for knob in sorted(knobs):
        if knob == "hash":
            result = dataclasses.replace(result, hash=b.hash)
        elif knob == "seed":
            result = dataclasses.replace(result, seed=b.seed)
        else:
            stream = knob.removeprefix(_SEED_PREFIX)
            streams[stream] = b.streams.get(stream, b.seed)
    return dataclasses.replace(result, streams=streams)


def seed_knob(stream: str) -> Knob:
    """The knob that varies one stream of unseeded draws."""
    return _SEED_PREFIX + stream


def factor_of(knob: Knob) -> FactorName:
    """The factor a knob belongs to."""
    return "hash" if knob == "hash" else "seed"


def _derive(subject_name: str, what: str, generation: int) -> int:
    """A number in 1 .. 2**32 - 1, which PYTHONHASHSEED and numpy both take; generations never coincide."""
    digest = hashlib.sha256(f"{subject_name}\0{what}".encode()).digest()
    start = int.from_bytes(digest[:8], "big")
    return (start + generation * 0x9E3779B1) % _MAX_SEED + 1
