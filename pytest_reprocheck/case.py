"""What is to be explained, and the runs that explaining it takes."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from pytest_reprocheck.compare.alignment import Comparison, compare_traces
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import REPLAYED, Conditions, Knob, at_sites, with_knobs
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.sources import Edit, Unit, apply_edits
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.diagnose.attribution import attribute, counted, failing, remaining
from pytest_reprocheck.diagnose.experiments import Experiment
from pytest_reprocheck.diagnose.unordered import Candidate

_TIMES, _MORE = 4, 10.0
"""A run that varies a factor at one line has so many times the seconds of run A, and so many seconds more."""


class Executor(Protocol):
    """Whatever can run the subject; the runs of one call may go side by side."""

    @property
    def side_by_side(self) -> int:
        """How many."""

    def run(
        self,
        conditions: Sequence[Conditions],
        replaced: Mapping[tuple[str, int | None], str] | None = None,
        *,
        recordings: Sequence[str] = (),
        keep: bool = False,
        after: Trace | None = None,
        deadline: float = math.inf,
        fresh: bool = False,
    ) -> list[Trace]:
        """One trace for each of the conditions.

        With other texts for some units, with replays from a recording for each, and on the tree that an earlier run
        left (and was told to keep). A run that is not over at the deadline has the outcome ``stopped``.
        ``fresh`` runs are started anew, and not forked.
        """

    def clocks(self, trace: Trace) -> Sequence[Sequence[int]] | None:
        """The nanoseconds that a run read from each clock; None where they are not known."""


@dataclass(kw_only=True, slots=True)
class Case:
    """What is to be explained, and what the runs have shown so far."""

    executor: Executor
    options: Options
    subject_path: str
    root: str
    """Absolute path of the user's project."""
    separate: bool = True
    """Whether each run begins with a tree of its own."""
    a: Trace
    b: Trace
    third: Conditions
    """Values for every factor that neither A nor B has."""
    comparison: Comparison
    """Of A and B."""
    units: tuple[Unit, ...]
    candidates: tuple[Candidate, ...]
    """Places where the code that ran may depend on hash order."""
    runs: int
    """Executions so far, A and B among them."""
    trials: int = 0
    fresh: bool = False
    """Whether explaining runs are started anew."""
    replayed: Trace | None = None
    """A run again under its own conditions; None before that was done."""
    null: tuple[Difference, ...] = ()
    """What differs between runs under the same conditions: A and A replayed, or an experiment and its repetition."""
    traces: dict[Experiment, Trace] = field(default_factory=dict)
    results: dict[Experiment, tuple[Difference, ...]] = field(default_factory=dict)
    deadline: float = math.inf
    """``time.monotonic()`` at which the explaining runs end."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Between A and B, all that count, state among them; in A's order."""
        return counted(self.comparison.differences)

    @property
    def target(self) -> tuple[Difference, ...]:
        """What is to be explained: what counts between A and B and is not beyond control."""
        return failing(counted(self.differences, self.null))

    @property
    def runs_left(self) -> int:
        """Runs that may still be made; none once the time is up."""
        return max(0, self.options.max_runs - self.runs) if time.monotonic() < self.deadline else 0

    @property
    def may_run_again(self) -> bool:
        """Whether explaining runs may be made: not where other machines were reached, unless the user allows it."""
        return self.options.allow_network_reruns or not (self.a.hosts or self.b.hosts)

    def unexplained(self) -> tuple[Difference, ...]:
        """The differences that no experiment has brought about so far."""
        return remaining(self.target, attribute(self.results))

    def compared(self, a: Trace, b: Trace) -> tuple[Difference, ...]:
        """All differences between two traces, identical facts left out."""
        return compare_traces(a, b, tolerance=self.options.tolerance, rules=self.options.normalise).differences

    def run(
        self,
        conditions: Sequence[Conditions],
        replaced: Mapping[tuple[str, int | None], str] | None = None,
        *,
        recordings: Sequence[str] = (),
        after: Trace | None = None,
    ) -> list[Trace]:
        """Traces of explaining runs, which replay from A unless told otherwise; none when the time was up before."""
        told = recordings or [self.a.recording] * len(conditions)
        traces = self.executor.run(
            conditions, replaced, recordings=told, after=after, deadline=self.deadline, fresh=self.fresh
        )
        return [] if any(trace.outcome.status == "stopped" for trace in traces) else traces

    def varied(self, knobs: Sequence[Knob], generation: int = 1) -> Conditions:
        """A's conditions with other values for some knobs: B's, or the third ones."""
        return with_knobs(self.a.conditions, self.b.conditions if generation == 1 else self.third, knobs)


def replay(case: Case) -> None:
    """Run A again under its own conditions, with what it read from its surroundings; only once."""
    _run(case, [None])


def experiment(case: Case, experiments: Sequence[Experiment]) -> None:
    """Make the runs, the replay of A among the first if it was not made; what exceeds the limits is left out.

    Without the replay the others would be blamed for what no factor controls, and are not made.
    """
    pending: list[Experiment | None] = [*experiments] if case.replayed else [None, *experiments]
    while pending and case.runs_left:
        size = max(1, min(case.executor.side_by_side, case.runs_left))
        batch, pending = pending[:size], pending[size:]
        _run(case, batch)
        if case.replayed is None:
            return


def _run(case: Case, batch: Sequence[Experiment | None]) -> None:
    conditions = [case.varied(()) if each is None else case.varied(each.knobs, each.generation) for each in batch]
    recordings = [case.a.recording] * len(conditions)
    traces = case.executor.run(conditions, recordings=recordings, deadline=case.deadline, fresh=case.fresh)
    made = [(each, trace) for each, trace in zip(batch, traces, strict=True) if trace.outcome.status != "stopped"]
    if case.replayed is None and not any(each is None for each, _trace in made):
        return
    case.runs += len(made)
    for each, trace in made:
        if each is None:
            case.replayed = trace
            case.null = case.compared(case.a, trace)
        else:
            case.traces[each] = trace
    for each, trace in case.traces.items():
        case.results[each] = counted(case.compared(case.a, trace), case.null)


def at_each_site(case: Case, made: Experiment, sites: Sequence[str]) -> dict[str, tuple[Difference, ...]]:
    """What the experiment brings about when its factor is varied at one site alone; as far as the time goes."""
    found: dict[str, tuple[Difference, ...]] = {}
    size = case.executor.side_by_side
    for first in range(0, len(sites), size):
        if time.monotonic() >= case.deadline:
            break
        batch = sites[first : first + size]
        everywhere = case.varied(made.knobs, made.generation)
        traces = case.executor.run(
            [at_sites(everywhere, [site]) for site in batch],
            recordings=[case.a.recording] * len(batch),
            # A loop whose end alone is moved by months would go on until the run's own limit.
            deadline=min(case.deadline, time.monotonic() + _TIMES * case.a.seconds + _MORE),
            fresh=case.fresh,
        )
        case.trials += len(traces)
        for site, trace in zip(batch, traces, strict=True):
            if trace.outcome.status != "stopped":
                found[site] = counted(case.compared(case.a, trace), case.null)
    return found


def repeated(case: Case, made: Experiment, differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences that come again when A and the experiment are repeated; the others join the uncontrolled ones.

    A coarse value that nothing controls (a process number modulo three) can be equal in A and A replayed, and differ in
    whatever run came next: without a remedy that makes the difference go, the experiment itself has to be repeatable.
    """
    if time.monotonic() >= case.deadline:
        return tuple(differences)
    # The other way round than before: what depends on who starts first must not look like the experiment's doing. What
    # the experiment read from the surroundings (a moved clock) is read again.
    conditions = [replace(case.varied(made.knobs, made.generation), replays=REPLAYED), case.varied(())]
    traces = case.run(conditions, recordings=[case.traces[made].recording, case.a.recording])
    if not traces:
        return tuple(differences)
    varied, baseline = traces
    case.trials += 2
    noise = (*case.compared(case.a, baseline), *case.compared(case.traces[made], varied))
    case.null = (*case.null, *noise)
    return counted(differences, noise)


def tried(case: Case, made: Experiment, edits: Sequence[Edit]) -> tuple[Difference, ...] | None:
    """What still differs under the experiment when the edits are made.

    None when it was not tried, or when the edited subject does not finish.
    """
    if not edits or not case.options.try_remedies or time.monotonic() >= case.deadline:
        return None
    conditions = [case.varied(()), case.varied(made.knobs, made.generation)]
    traces = case.run(conditions, apply_edits(case.units, edits))
    if not traces:
        return None
    baseline, varied = traces
    case.trials += 2
    if baseline.outcome.status != "finished" or varied.outcome.status != "finished":
        return None
    uncontrolled = {(difference.key.aspect, difference.key.what) for difference in counted(case.null)}
    return tuple(
        difference
        for difference in failing(counted(case.compared(baseline, varied)))
        if (difference.key.aspect, difference.key.what) not in uncontrolled
    )
