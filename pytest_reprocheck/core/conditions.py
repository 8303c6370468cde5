"""Factors and the Conditions of a run: one value for every factor, frozen, recorded, replayable.

Seeds derive from the subject's name, and hash numbers are the same for all subjects, so that a verdict does not flicker
from one audit to the next and two audits of the same subject can be compared.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

T = TypeVar("T")

FactorName = Literal[
    "seed",
    "hash",
    "listing",
    "rows",
    "clock",
    "pid",
    "timezone",
    "locale",
    "cpus",
    "variables",
    "completion",
    "directory",
    "threads",
    "simd",
    "network",
]
Level = Literal["default", "hardware"]
WorkspaceMode = Literal["auto", "overlay", "copy", "in-place"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One controllable circumstance of a run."""

    name: FactorName
    level: Level
    """``default`` factors are varied unless the user chooses others; ``hardware`` ones shake many sound notebooks."""
    baseline: str
    """What run A has."""
    varied: str
    """What run B has."""
    reveals: str
    """What kind of dependence a difference under this factor shows."""


FACTORS: tuple[Factor, ...] = (
    Factor(
        name="seed",
        level="default",
        baseline="recorded seeds, one stream for each source of randomness that the user did not seed",
        varied="other seeds",
        reveals="unseeded draws",
    ),
    Factor(
        name="hash",
        level="default",
        baseline="PYTHONHASHSEED = a recorded number",
        varied="another number",
        reveals="set and hash order",
    ),
    Factor(
        name="listing",
        level="default",
        baseline="directory listings sorted",
        varied="reversed",
        reveals="file order",
    ),
    Factor(
        name="rows",
        level="default",
        baseline="rows as the database gives them",
        varied="permuted wherever the query leaves the order open",
        reveals="row order",
    ),
    Factor(
        name="clock",
        level="default",
        baseline="real time",
        varied="months, days and hours later, and another rate, for reads made by user code",
        reveals="dates and time budgets in results",
    ),
    Factor(
        name="pid",
        level="default",
        baseline="real process ids",
        varied="real ones, which differ by themselves",
        reveals="seeds and names made from the process id",
    ),
    Factor(
        name="timezone",
        level="default",
        baseline="the user's",
        varied="one more than 12 hours away",
        reveals="naive local times",
    ),
    Factor(
        name="locale",
        level="default",
        baseline="the user's",
        varied="another installed UTF-8 locale",
        reveals="collation and formats",
    ),
    Factor(
        name="cpus",
        level="default",
        baseline="the real count",
        varied="another count, as os.cpu_count() and the like say it",
        reveals="chunking by cores",
    ),
    Factor(
        name="variables",
        level="default",
        baseline="the user's environment variables, home and host",
        varied="another user and host, and the defaults of variables that have one, for reads made by user code",
        reveals="environment variables in results",
    ),
    Factor(
        name="completion",
        level="default",
        baseline="concurrent results as they come",
        varied="delivered in another order",
        reveals="unordered concurrency",
    ),
    Factor(
        name="directory",
        level="default",
        baseline="the checkout's path",
        varied="the same tree at another path, the original hidden",
        reveals="absolute paths",
    ),
    Factor(
        name="threads",
        level="hardware",
        baseline="half of the cores for BLAS and OpenMP",
        varied="1, or 2 where the baseline is 1",
        reveals="float noise of parallel sums that gets amplified",
    ),
    Factor(
        name="simd",
        level="hardware",
        baseline="native instructions",
        varied="an older BLAS kernel and instruction group",
        reveals="float noise of kernels that gets amplified",
    ),
    Factor(
        name="network",
        level="hardware",
        baseline="as it is",
        varied="off",
        reveals="hidden downloads",
    ),
)

DEFAULT_FACTORS: tuple[FactorName, ...] = tuple(factor.name for factor in FACTORS if factor.level == "default")

FORKED: tuple[FactorName, ...] = ("seed", "listing", "rows", "clock", "pid", "timezone", "cpus", "completion")
"""Factors that a process can have otherwise while it runs."""

REPLAYED: tuple[FactorName, ...] = ("clock", "pid", "completion")
"""Factors whose baseline is read from the surroundings: run A records it, and later runs are given the recording."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the machine has to vary: the values that cannot be derived from a name."""

    threads: int
    """Baseline threads for each BLAS and OpenMP pool."""
    cpus: int = 2
    """The real count."""
    timezones: tuple[str, ...] = ()
    """Values of TZ for B and for third values, more than 12 hours from the user's zone."""
    locales: tuple[str, ...] = ()
    """Installed UTF-8 locales other than the user's, for B and for third values; empty if there is none."""
    simd: tuple[Mapping[str, str], ...] = ()
    """Environment variables that choose older instructions, for B and for third values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """One value for every factor, and what is held fixed for all runs of an audit."""

    seed: int
    """Base of all seed streams: a stream named K starts from SHA-256 of ``K:seed``."""
    hash: int
    """PYTHONHASHSEED."""
    threads: int
    """Threads for each BLAS and OpenMP pool; 0 for what the libraries and the user's environment choose."""
    streams: Mapping[str, int] = field(default_factory=dict)
    """Stream name -> seed that replaces ``seed`` for that stream alone; how one draw site is varied and the others
    are not."""
    listing: Literal["sorted", "reversed"] = "sorted"
    """Order of directory listings."""
    rows: int = 0
    """0: rows as the database gives them; else the number that a permutation of what a query leaves open starts
    from."""
    clock_offset: int = 0
    """Seconds that user code reads the clock ahead."""
    clock_rate: float = 1.0
    """How much faster than real time clocks go for user code."""
    timezone: str = ""
    """TZ; empty for the user's own."""
    locale: str = ""
    """LC_ALL; empty for the user's own."""
    cpus: int = 0
    """Count of CPUs that user code is told; 0 for the real one."""
    variables: Literal["own", "other", "another"] = "own"
    """Whose user, home, host and set variables user code is told."""
    completion: Literal["as-it-comes", "reversed", "submitted"] = "as-it-comes"
    """Order in which concurrent results are delivered to user code: that of submission, or its reverse."""
    directory: Literal["checkout", "elsewhere"] = "checkout"
    """Where the run's tree stands."""
    simd: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that choose older instructions; none for native ones."""
    network: Literal["on", "off"] = "on"
    replays: tuple[FactorName, ...] = ()
    """What is read from run A's recording instead of the surroundings: some of ``REPLAYED``, in that order."""
    sites: tuple[str, ...] = ()
    """Streams of reads (``clock@train.py:12``) at which alone a factor is varied; everywhere, if there are none."""
    pinned: bool = False
    """Whether ``id()`` gives user code numbers in the order of asking instead of addresses, and the system lays out the
    process's memory as in every such run."""
    deterministic: bool = False
    """Whether libraries are told to use those kernels of a GPU alone that give the same result each time."""


OTHER_NAMES = ("someone-else", "a-third-one")
"""What user and host are called where ``variables`` are those of others."""

Knob = str
"""The smallest thing an experiment can vary: a factor's name, or ``seed/STREAM`` for one stream of unseeded draws."""

_SEED_PREFIX = "seed/"
_MAX_SEED = 2**32 - 1
_FIELDS: Mapping[FactorName, tuple[str, ...]] = {
    name: {"clock": ("clock_offset", "clock_rate"), "pid": ()}.get(name, (name,)) for name in get_args(FactorName)
}
"""Factor -> fields of Conditions that hold its value."""
_DAY, _HOUR = 86_400, 3_600
_CLOCKS = ((41 * _DAY + 11 * _HOUR + 13 * 60, 3.0), (401 * _DAY + 7 * _HOUR + 17 * 60, 7.0))
"""Offset and rate: year, month, day of the week, hour and minute all change. A rate near 1 misses time budgets."""


def baseline(subject_name: str, *, threads: int) -> Conditions:
    """Conditions A of a subject, derived from its name alone."""
    return Conditions(seed=_derive(subject_name, "seed", 0), hash=_hash(0), threads=threads)


def as_it_comes(seed: int, *, hash_seed: int | None = None) -> Conditions:
    """Conditions A of a run that is the user's own: nothing is pinned but the unseeded draws and the hash number.

    Args:
        seed: a number that nobody can guess, another one in every run.
        hash_seed: PYTHONHASHSEED where the user has set it.
    """
    return Conditions(seed=seed, hash=_hash(0) if hash_seed is None else hash_seed, threads=0)


def varied(subject_name: str, a: Conditions, around: Surroundings, *, generation: int = 1) -> Conditions:
    """Conditions that change every factor of ``a``; generation 1 is B, further ones are third, fourth ... values.

    A factor for which the machine has no other value stays as in ``a``.
    """
    return Conditions(
        seed=_derive(subject_name, "seed", generation),
        hash=_hash(generation),
        threads=2 if a.threads == 1 else 1,
        listing="reversed" if a.listing == "sorted" else "sorted",
        rows=_derive(subject_name, "rows", generation),
        clock_offset=_CLOCKS[generation % 2][0],
        clock_rate=_CLOCKS[generation % 2][1],
        timezone=_nth(around.timezones, generation, a.timezone),
        locale=_nth(around.locales, generation, a.locale),
        cpus=_other_count(around.cpus, generation),
        variables="other" if generation == 1 else "another",
        completion="reversed" if generation == 1 else "submitted",
        directory="elsewhere",
        simd=_nth(around.simd, generation, a.simd),
        network="off",
    )


def with_knobs(a: Conditions, b: Conditions, knobs: Iterable[Knob]) -> Conditions:
    """``a`` with the given knobs at the values of ``b`` and all else unchanged: replayed, where ``a`` read it."""
    chosen = sorted(knobs)
    streams = dict(a.streams)
    fields: dict[str, Any] = {}
    for knob in chosen:
        if knob.startswith(_SEED_PREFIX):
            stream = knob.removeprefix(_SEED_PREFIX)
            streams[stream] = b.streams.get(stream, b.seed)
        else:
            fields |= {name: getattr(b, name) for name in _FIELDS[factor_of(knob)]}
    replays = tuple(name for name in REPLAYED if name not in chosen)
    return dataclasses.replace(a, **fields, streams=streams, replays=replays)


def at_sites(varied: Conditions, sites: Iterable[str]) -> Conditions:
    """Conditions that vary a factor at some sites alone; what it reads elsewhere is replayed."""
    return dataclasses.replace(varied, sites=tuple(sorted(sites)), replays=REPLAYED)


def restricted(a: Conditions, b: Conditions, factors: Collection[FactorName]) -> Conditions:
    """``b`` with every factor that is not among ``factors`` at the value of ``a``."""
    kept = {name: getattr(a, name) for factor, names in _FIELDS.items() if factor not in factors for name in names}
    return dataclasses.replace(b, **kept)


def has_same(a: Conditions, b: Conditions, factor: FactorName) -> bool:
    """Whether two Conditions have the same value of a factor."""
    return all(getattr(a, name) == getattr(b, name) for name in _FIELDS[factor])


def seed_knob(stream: str) -> Knob:
    """The knob that varies one stream of unseeded draws."""
    return _SEED_PREFIX + stream


def factor_of(knob: Knob) -> FactorName:
    """The factor a knob belongs to."""
    known: tuple[FactorName, ...] = get_args(FactorName)
    return next((name for name in known if name == knob), "seed")


def _nth(values: Sequence[T], generation: int, otherwise: T) -> T:
    return values[(generation - 1) % len(values)] if values else otherwise


def _other_count(real: int, generation: int) -> int:
    """Fewer cores than there are where that is possible: more would start more workers than the machine can bear."""
    fewer = real // 2 - generation + 1
    return fewer if fewer > 1 else real + generation


def _hash(generation: int) -> int:
    """The same for all subjects: processes with another number for strings cannot be forked from one."""
    return _derive("", "hash", generation)


def _derive(subject_name: str, what: str, generation: int) -> int:
    """A number in 1 .. 2**32 - 1, which PYTHONHASHSEED and numpy both take; generations never coincide."""
    digest = hashlib.sha256(f"{subject_name}\0{what}".encode()).digest()
    start = int.from_bytes(digest[:8], "big")
    return (start + generation * 0x9E3779B1) % _MAX_SEED + 1


HASHES = (_hash(0), _hash(1))
"""PYTHONHASHSEED of A and of B, for every subject."""
