"""The ordered log of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.values import Value

Aspect = Literal["outputs", "state", "features", "training", "predictions", "data", "artifacts", "environment"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A line of the user's code, or a whole cell or file."""

    path: str
    """POSIX path relative to the project's root."""
    cell: int | None = None
    """0-based index in the notebook's ``cells``; None outside notebooks."""
    line: int | None = None
    """1-based, within the cell for notebooks; None for the whole cell or file."""

    def __str__(self) -> str:
        if self.cell is None:
            return self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{self.path} cell[{self.cell}]" if self.line is None else f"{self.path} cell[{self.cell}]:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One frame of user code on a stack."""

    place: Place
    function: str
    """Name of the function, ``<module>`` at top level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A notebook cell or a top-level statement of a script: the coarse clock of the log."""

    index: int
    """0-based position among the steps that ran."""
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """A comparable fact."""

    seq: int
    """Position in the log, shared with events; what happened during a call has a smaller one than the call's
    observation."""
    aspect: Aspect
    what: str
    """What was observed, in the words of the reports: ``RandomForestClassifier.fit feature order``, ``stdout``,
    ``variable X``."""
    step: int | None
    """Index of the step; None before the first and after the last."""
    stack: tuple[Call, ...]
    """User frames, innermost first; empty for outputs of a whole step."""
    value: Value
    about: str = ""
    """Names the object a fact is about, ``RandomForestClassifier#2``: the second estimator of that class which the
    run fitted."""


Source = Literal[
    "random", "numpy", "estimator", "torch", "tensorflow", "entropy",
    "listing", "rows", "clock", "pid", "timezone", "locale", "cpus", "variable",
    "completion", "address", "carried", "kernel",
]  # fmt: skip
DRAWS: frozenset[Source] = frozenset({"random", "numpy", "estimator", "torch", "tensorflow", "entropy"})
"""The sources that are unseeded draws; every other one is a read of the surroundings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Evidence for a cause: an unseeded draw, or a read of the surroundings by user code."""

    seq: int
    source: Source
    """Which kind of randomness was drawn from, or what was read; ``carried``: a draw in a task of a worker process from
    a state that was seeded before the task began, of the generator that ``stream`` names; ``kernel``: an operation of a
    GPU that has no deterministic form."""
    stream: str
    """Name of the stream that served the draw: ``random``, or ``estimator@train.py:12`` where a site has a stream
    of its own; for reads the source and the site."""
    what: str
    """What the user called: ``numpy.random.default_rng``, ``sklearn RandomForestClassifier``, ``os.listdir``."""
    step: int | None
    stack: tuple[Call, ...]
    """User frames, innermost first."""
    thread: str = "MainThread"
    process: int = 0
    """0 for the subject's own process, 1, 2 ... for its children in the order they reported."""
    seeded_by: str = ""
    """The argument by which the library's function that drew takes a seed: ``rng``; empty where none is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What user code, or a library in its name, did with a file for the first time."""

    seq: int
    path: str
    """POSIX path relative to the root for what lies in the project, else absolute."""
    kind: Literal["read", "listed", "tested", "written"]
    """``tested``: asked for existence, size or times; ``listed``: a folder's entries were asked for."""
    step: int | None
    stack: tuple[Call, ...]
    """User frames, innermost first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An effect outside that was refused before anything was sent or written."""

    seq: int
    host: str
    """The other machine; empty for a file of this one."""
    what: str
    """What would have been done: ``POST http://10.1.2.3/runs``, ``SQL INSERT``, ``mail by smtplib``; or the file's
    absolute path."""
    step: int | None
    stack: tuple[Call, ...]
    """User frames, innermost first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotCompared:
    """Something that was not compared, and why. Never equal by silence."""

    what: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a run ended."""

    status: Literal["finished", "raised", "exited", "died", "timeout", "stopped"]
    """``raised``: an exception reached the top; ``exited``: exit code not 0; ``died``: killed by a signal or
    crashed; ``stopped``: ended by the audit for its own reasons, which says nothing of the subject."""
    message: str = ""
    """One line: the exception's last line, the exit code, the signal; and what can be done about it."""
    place: Place | None = None
    """The user's line that raised, or the step that was running."""
    detail: str = ""
    """Traceback or last lines of standard error, as the user would have seen them."""
    exit_code: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One execution under Conditions, as the ordered log it left."""

    conditions: Conditions
    outcome: Outcome
    seconds: float
    steps: tuple[Step, ...] = ()
    observations: tuple[Observation, ...] = ()
    """In the order of ``seq``."""
    events: tuple[Event, ...] = ()
    """In the order of ``seq``."""
    accesses: tuple[Access, ...] = ()
    """In the order of ``seq``; at most one for each path and kind."""
    written: tuple[str, ...] = ()
    """Files of the project that the run made, changed or removed, as sorted POSIX paths relative to the root."""
    refusals: tuple[Refusal, ...] = ()
    hosts: tuple[str, ...] = ()
    """Other machines that the run connected to, sorted."""
    not_compared: tuple[NotCompared, ...] = ()
    reached: tuple[str, ...] = ()
    """User files whose code ran, as paths relative to the root."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the probe says of the process: ``python``, ``digest`` algorithm, and by factor the value that it measured
    (``hash`` of a fixed string, what ``os.cpu_count()`` says); ``FACTOR problem`` says why a factor cannot be
    controlled."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Distributions that the run imported -> version."""
    blobs: str = ""
    """Absolute path of the folder with the run's array data and images; empty when it is gone."""
    recording: str = ""
    """Absolute path of the folder with what the run read from its surroundings; empty when it is gone."""


def first_steps(trace: Trace, count: int) -> Trace:
    """A trace as far as its first steps go: the facts of no other step, and none from outside of all steps.

    Events and accesses outside of steps, as those of other processes, stay.
    """
    return replace(
        trace,
        steps=trace.steps[:count],
        observations=tuple(item for item in trace.observations if item.step is not None and item.step < count),
        events=tuple(item for item in trace.events if item.step is None or item.step < count),
        accesses=tuple(item for item in trace.accesses if item.step is None or item.step < count),
    )
