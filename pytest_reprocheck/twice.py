"""A and B, and third values where two may be alike by chance: the first half of an audit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pytest_reprocheck.case import Case
from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import (
    Conditions,
    FactorName,
    Surroundings,
    baseline,
    restricted,
    varied,
    with_knobs,
)
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import DRAWS, Source, Trace
from pytest_reprocheck.diagnose.attribution import failing
from pytest_reprocheck.diagnose.names import observed_shapes
from pytest_reprocheck.diagnose.needs import find_needs
from pytest_reprocheck.diagnose.strings import small_groups
from pytest_reprocheck.diagnose.unordered import depends_on_hash, find_unordered
from pytest_reprocheck.environment.surroundings import Told, surroundings
from pytest_reprocheck.execution.devices import devices
from pytest_reprocheck.execution.function import FunctionRunner
from pytest_reprocheck.execution.hashing import telling_hash
from pytest_reprocheck.execution.recorded import came_reversed
from pytest_reprocheck.execution.running import Runner
from pytest_reprocheck.execution.scheduling import usable_cores
from pytest_reprocheck.execution.workspace import Known
from pytest_reprocheck.stopping import up_to_first_difference

if TYPE_CHECKING:
    from pytest_reprocheck.execution.live.runner import CellRunner

AnyRunner: TypeAlias = "Runner | FunctionRunner | CellRunner"
Progress = Callable[[str], None]
"""Told what is being done, in a few words."""


@dataclass(kw_only=True, slots=True)
class Session:
    """What the audits of one session have in common: found out by the first that needs it, and kept for the next."""

    workers: int = 1
    """Processes that audit at the same time; each has its share of cores and memory."""
    cores: int = field(default_factory=usable_cores)
    known: Known = field(default_factory=Known)
    told: Told = field(default_factory=Told)


_COARSE: Mapping[Source, FactorName] = {"pid": "pid", "variable": "variables", "cpus": "cpus"}
"""What is read -> the factor: small numbers and names are mostly read to be divided by something, and few remain."""
_OFFERED = 8
"""Hash numbers that the third one is chosen from."""


def compare_twice(
    subject: Subject,
    options: Options,
    executor: AnyRunner,
    progress: Progress,
    session: Session,
    *,
    fresh: bool = False,
) -> Case:
    """A and B; where there is evidence but no difference, B again with third values; ``fresh``: all started anew."""
    first, second, third = _conditions(subject, options, session)
    progress("A and B")
    again = None
    if options.max_runs > 2 and _uses_device(subject, executor):
        a, again, b = _one_after_the_other(executor, first, second, fresh=fresh)
    else:
        a, b = _first_two(executor, [first, second], options, fresh=fresh)
    units = executor.units([*a.reached, *b.reached])
    case = Case(
        executor=executor,
        options=options,
        subject_path=subject.path,
        root=str(subject.root),
        separate=not isinstance(executor, Runner) or executor.ready.mode != "in-place",
        a=a,
        b=b,
        third=third,
        comparison=compare_traces(a, b, tolerance=options.tolerance, rules=options.normalise),
        units=units,
        candidates=find_unordered(units, observed_shapes(a)),
        runs=2,
        fresh=fresh,
    )
    if again is not None:
        case.replayed, case.null, case.runs = again, case.compared(a, again), 3
    if "hash" in options.vary and depends_on_hash(units):
        third = case.third = _telling(case, subject, _around(subject, options, session))
    if not failing(case.differences) and _is_due_again(case):
        progress("third values")
        # Which worker gets which task may come out alike twice: then each task begins with what its worker began with.
        third = replace(third, pinned=_is_carried(case))
        _compare_with(case, third)
    return case


def _conditions(subject: Subject, options: Options, session: Session) -> tuple[Conditions, Conditions, Conditions]:
    """A's, B's and third values."""
    around = _around(subject, options, session)
    first = baseline(subject.name, threads=around.threads)
    if options.no_network:
        first = replace(first, network="off")
    second, third = (
        restricted(first, varied(subject.name, first, around, generation=generation), options.vary)
        for generation in (1, 2)
    )
    return first, second, third


def _around(subject: Subject, options: Options, session: Session) -> Surroundings:
    return surroundings(
        threads=max(1, session.cores // 2),
        simd_of=(subject.python or sys.executable) if "simd" in options.vary else None,
        told=session.told,
    )


def _compare_with(case: Case, third: Conditions) -> None:
    """B once more, with third values."""
    (case.b,) = case.executor.run([third], fresh=case.fresh)
    case.comparison = compare_traces(case.a, case.b, tolerance=case.options.tolerance, rules=case.options.normalise)
    case.runs += 1


def _uses_device(subject: Subject, executor: AnyRunner) -> bool:
    """Whether the code speaks of a device that is there."""
    if not isinstance(executor, Runner) or not devices():
        return False
    return any(need.kind == "gpu" for need in find_needs(executor.units([subject.path])))


def _one_after_the_other(
    executor: AnyRunner, first: Conditions, second: Conditions, *, fresh: bool
) -> tuple[Trace, Trace, Trace]:
    """A, A again and B on a device that they share: what it adds in any order shows before anything is varied."""
    assert isinstance(executor, Runner)
    executor.alone = True
    (a,) = executor.run([first], keep=True, fresh=fresh)
    same = with_knobs(first, first, ())
    again, b = executor.run([same, second], recordings=[a.recording, ""], keep=True, fresh=fresh)
    return a, again, b


def _first_two(
    executor: AnyRunner, conditions: Sequence[Conditions], options: Options, *, fresh: bool
) -> tuple[Trace, Trace]:
    """A and B; where no run may explain what differs, they end with the first step that does."""
    if not isinstance(executor, Runner) or not options.stops_early:
        a, b = executor.run(conditions, keep=True, fresh=fresh)
        return a, b
    shown = partial(up_to_first_difference, tolerance=options.tolerance, rules=options.normalise)
    a, b = executor.run(conditions, keep=True, fresh=fresh, differ=lambda a, b: shown(a, b) is not None)
    cut = shown(a, b)
    if cut is None and "stopped" in (a.outcome.status, b.outcome.status):
        # What differed on the way does so no longer, and nothing is known of the rest.
        a, b = executor.run(conditions, keep=True, fresh=fresh)
    return cut or (a, b)


def _telling(case: Case, subject: Subject, around: Surroundings) -> Conditions:
    """The third values, with that hash number under which the subject's few strings come in another order."""
    a = case.a.conditions
    offered = [varied(subject.name, a, around, generation=number).hash for number in range(2, 2 + _OFFERED)]
    groups = small_groups(case.units, case.a)
    return replace(case.third, hash=telling_hash(sys.executable, a.hash, offered, groups))


def _is_due_again(case: Case) -> bool:
    """Two values of a factor can coincide by chance: where there is evidence, a third one is tried."""
    if case.options.max_runs < 3 or not case.may_run_again:
        return False
    if case.a.outcome.status != "finished" or case.b.outcome.status != "finished":
        return False
    if ("completion" in case.options.vary and came_reversed(case.a.recording)) or _is_carried(case):
        return True
    sources = {event.source for event in (*case.a.events, *case.b.events)}
    drawn = "seed" in case.options.vary and sources & DRAWS
    coarse = any(source in sources and factor in case.options.vary for source, factor in _COARSE.items())
    return bool(drawn or coarse or ("hash" in case.options.vary and depends_on_hash(case.units)))


def _is_carried(case: Case) -> bool:
    """Whether several workers of pools drew from a state that they carry from task to task."""
    return any(
        len({event.process for event in trace.events if event.source == "carried"}) > 1 for trace in (case.a, case.b)
    )


def both_failed(case: Case) -> bool:
    """Whether the subject failed twice; runs that the audit has ended say nothing of that."""
    return not {case.a.outcome.status, case.b.outcome.status} & {"finished", "stopped"}
