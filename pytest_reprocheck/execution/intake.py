"""From the files a run left to a Trace: the probes' log, captured streams, and what the runner itself saw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_reprocheck.core.codec import from_json
from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.trace import (
    Access,
    Event,
    NotCompared,
    Observation,
    Outcome,
    Place,
    Refusal,
    Step,
    Trace,
)

MAIN_LOG = "main.jsonl"
"""Written by the subject's own process from its start on."""
_FIRST = -1
_LAST = 2**62


@dataclass(frozen=True, kw_only=True, slots=True)
class StepMark:
    """A step's start as the probes logged it."""

    step: Step
    seq: int
    stdout: int | None
    """Bytes in the captured stream when the step began; None where the stream is not captured in a file."""
    stderr: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """What the probes of one run wrote."""

    facts: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[StepMark, ...] = ()
    observations: tuple[Observation, ...] = ()
    events: tuple[Event, ...] = ()
    accesses: tuple[Access, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    hosts: tuple[str, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    outcome: Outcome | None = None
    reached: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    end: int = _LAST
    """``seq`` of the main process's end."""

    @property
    def is_over(self) -> bool:
        """Whether the last step that began has ended."""
        return bool(self.marks) and self.marks[-1].seq < self.end < _LAST

    def step_end(self, index: int) -> int:
        """``seq`` at which a step was over."""
        following = [mark.seq for mark in self.marks if mark.step.index > index]
        return min(following) if following else self.end


def read_log(folder: Path) -> Log:
    """All log files of a run: the main process's, then its children's in the order of their names."""
    main = folder / MAIN_LOG
    log = _decode(list(_lines(main)) if main.exists() else [])
    for number, path in enumerate(sorted(folder.glob("child-*.jsonl")), start=1):
        child = _decode(list(_lines(path)))
        # A child's clock is its own: its draws count as evidence for everything after the start.
        events = tuple(replace(event, seq=_FIRST, process=number) for event in child.events)
        log = replace(
            log,
            events=log.events + events,
            accesses=log.accesses + tuple(replace(access, seq=_FIRST) for access in child.accesses),
            refusals=log.refusals + tuple(replace(refusal, seq=_FIRST) for refusal in child.refusals),
            hosts=log.hosts + child.hosts,
            not_compared=log.not_compared + child.not_compared,
        )
    return log


def read_recording(lines: Sequence[Mapping[str, Any]]) -> Log:
    """The log of a function observed inside this process."""
    return _decode(lines)


def build_trace(
    log: Log,
    *,
    conditions: Conditions,
    outcome: Outcome,
    seconds: float,
    blobs: Path,
    record: Path | None = None,
    moved: tuple[Path, Path] | None = None,
    outputs: Sequence[Observation] = (),
    not_compared: Sequence[NotCompared] = (),
) -> Trace:
    """One ordered log: probes' observations and the outputs of each step in place, numbered anew.

    ``moved`` gives the run's copy of the project and the project itself: what the user reads names the user's files.
    """
    if moved is not None:
        copy, original = str(moved[0]), str(moved[1])
        outcome = replace(
            outcome,
            message=outcome.message.replace(copy, original),
            detail=outcome.detail.replace(copy, original),
        )
    observations = sorted((*log.observations, *outputs), key=lambda item: item.seq)
    entries: list[Event | Observation | Access | Refusal] = [*log.events, *log.accesses, *log.refusals, *observations]
    merged = sorted(entries, key=lambda item: item.seq)
    numbered = [replace(item, seq=seq) for seq, item in enumerate(merged)]
    return Trace(
        conditions=conditions,
        outcome=outcome,
        seconds=seconds,
        steps=tuple(mark.step for mark in log.marks),
        observations=tuple(item for item in numbered if isinstance(item, Observation)),
        events=tuple(item for item in numbered if isinstance(item, Event)),
        accesses=tuple(item for item in numbered if isinstance(item, Access)),
        refusals=tuple(item for item in numbered if isinstance(item, Refusal)),
        hosts=tuple(sorted(set(log.hosts))),
        not_compared=(*log.not_compared, *not_compared),
        reached=log.reached,
        facts=log.facts,
        packages=log.packages,
        blobs=str(blobs),
        recording="" if record is None else str(record),
    )


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                if not line.endswith("\n"):
                    return  # the process was killed while it wrote this line
                raise DecodeError(f"not JSON: {error}", where=f"{path.name}:{number}") from error


def _decode(lines: Sequence[Mapping[str, Any]]) -> Log:
    observations: list[Observation] = []
    events: list[Event] = []
    accesses: list[Access] = []
    refusals: list[Refusal] = []
    hosts: list[str] = []
    not_compared: list[NotCompared] = []
    marks: list[StepMark] = []
    single: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        where = f"log line {number}"
        fields = {key: value for key, value in line.items() if key != "type"}
        match line.get("type"):
            case "observation":
                observations.append(from_json(Observation, fields, where))
            case "event":
                events.append(from_json(Event, fields, where))
            case "access":
                accesses.append(from_json(Access, fields, where))
            case "refusal":
                refusals.append(from_json(Refusal, fields, where))
            case "host":
                hosts.append(str(fields["host"]))
            case "not_compared":
                not_compared.append(from_json(NotCompared, fields, where))
            case "step":
                step = Step(index=fields["index"], place=from_json(Place, fields["place"], where))
                marks.append(
                    StepMark(step=step, seq=fields["seq"], stdout=fields.get("stdout"), stderr=fields.get("stderr"))
                )
            case "outcome":
                single["outcome"] = from_json(Outcome, fields, where)
            case "facts":
                single["facts"] = {**single.get("facts", {}), **fields["facts"]}
            case "end":
                single |= {"reached": tuple(fields["reached"]), "packages": fields["packages"], "end": fields["seq"]}
            case other:
                raise DecodeError(f"unknown type {other!r}", where=where)
    return Log(
        observations=tuple(observations),
        events=tuple(events),
        accesses=tuple(accesses),
        refusals=tuple(refusals),
        hosts=tuple(hosts),
        not_compared=tuple(not_compared),
        marks=tuple(marks),
        **single,
    )
