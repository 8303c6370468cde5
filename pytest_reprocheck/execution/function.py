"""Runs of a function inside this process, observed by the same probes as notebooks and scripts."""

from __future__ import annotations

import copy
import math
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.trace import NotCompared, Outcome, Place, Trace
from pytest_reprocheck.execution.child import PROBES, load_probes
from pytest_reprocheck.execution.intake import build_trace, read_recording
from pytest_reprocheck.execution.script import read_script
from pytest_reprocheck.execution.workspace import session


@dataclass(kw_only=True, slots=True)
class FunctionRunner:
    """Calls one function under given Conditions; open it with ``FunctionRunner.open()``."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    root: Path
    path: str
    base: Path
    allow_writes: tuple[str, ...] = ()
    """Other machines that every call may change something on."""
    calls: int = 0
    side_by_side: int = 1
    """Calls go one after the other."""

    @classmethod
    @contextmanager
    def open(
        cls,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        *,
        root: Path,
        path: str,
        allow_writes: tuple[str, ...] = (),
    ) -> Iterator[FunctionRunner]:
        """A runner whose stored data are gone afterwards."""
        with session() as base:
            yield cls(
                function=function,
                args=args,
                kwargs=kwargs,
                root=root,
                path=path,
                base=base,
                allow_writes=allow_writes,
            )

    def clocks(self, trace: Trace) -> None:
        """Nothing is recorded of a function's surroundings."""
        del trace

    def run(
        self,
        conditions: Sequence[Conditions],
        replaced: Mapping[tuple[str, int | None], str] | None = None,
        *,
        recordings: Sequence[str] = (),  # noqa: ARG002 - seeds alone are varied in one process, and those are not read
        keep: bool = False,  # noqa: ARG002 - the files that a function writes are looked at after each call
        after: Trace | None = None,  # noqa: ARG002
        deadline: float = math.inf,  # noqa: ARG002 - a call in this process cannot be ended
        fresh: bool = False,  # noqa: ARG002 - nor is a process started for it
    ) -> list[Trace]:
        """One trace for each of the conditions, one after the other; a loaded function cannot be given another text."""
        assert not replaced, "the text of a loaded function cannot be replaced"
        return [self._call(each) for each in conditions]

    def units(self, reached: Sequence[str]) -> tuple[Unit, ...]:
        """The user's files that the calls reached."""
        files = [(path, self.root / path) for path in sorted({*reached, self.path})]
        return tuple(Unit(path=path, cell=None, text=read_script(file)) for path, file in files if file.is_file())

    def _call(self, conditions: Conditions) -> Trace:
        self.calls += 1
        blobs = self.base / f"{self.calls:03d}"
        blobs.mkdir()
        config = {
            "version": 1,
            "kind": "function",
            "root": str(self.root),
            "path": self.path,
            "blobs": str(blobs),
            "seed": conditions.seed,
            "streams": dict(conditions.streams),
            "allow_writes": list(self.allow_writes),
            "kept": [str(each) for each in (*self.args, *self.kwargs.values()) if isinstance(each, PurePath)],
        }
        args, kwargs, not_compared = self._arguments()
        started = time.monotonic()
        recording = load_probes().observe(self.function, args, kwargs, config)
        seconds = time.monotonic() - started
        trace = build_trace(
            read_recording(recording.lines),
            conditions=conditions,
            outcome=self._outcome(recording.exception),
            seconds=seconds,
            blobs=blobs,
            not_compared=not_compared,
        )
        return self._with_files(trace, blobs)

    def _with_files(self, trace: Trace, blobs: Path) -> Trace:
        """The trace with the files that the call has written and that are there: the next call may write them again."""
        names = sorted({access.path for access in trace.accesses if access.kind == "written"})
        if not any((self.root / name).is_file() for name in names):
            return trace
        from pytest_reprocheck.execution.artifacts.finding import Found, is_result
        from pytest_reprocheck.execution.artifacts.observing import with_artifacts

        paths = {name: self.root / name for name in names if is_result(name)}
        files = [Found(name=name, path=path) for name, path in paths.items() if path.is_file()]
        return with_artifacts(trace, files, blobs=blobs, scratch=self.base / "scratch", python=sys.executable)

    def _arguments(self) -> tuple[tuple[Any, ...], dict[str, Any], list[NotCompared]]:
        try:
            args, kwargs = copy.deepcopy((self.args, dict(self.kwargs)))
        except Exception as error:  # whatever a user's class raises while it is copied
            reason = f"cannot be copied for each call ({type(error).__name__}): both calls share them"
            return self.args, dict(self.kwargs), [NotCompared(what="arguments", reason=reason)]
        return args, kwargs, []

    def _outcome(self, exception: BaseException | None) -> Outcome:
        if exception is None:
            return Outcome(status="finished")
        frames = traceback.extract_tb(exception.__traceback__)
        inside = [frame for frame in frames if Path(frame.filename).is_relative_to(self.root)]
        place = None
        if inside:
            place = Place(path=Path(inside[-1].filename).relative_to(self.root).as_posix(), line=inside[-1].lineno)
        shown = [frame for frame in frames if not Path(frame.filename).is_relative_to(PROBES)]
        detail = "".join(
            [
                "Traceback (most recent call last):\n",
                *traceback.format_list(shown),
                *traceback.format_exception_only(exception),
            ]
        )
        message = traceback.format_exception_only(exception)[-1].strip().splitlines()[0]
        return Outcome(status="raised", message=message, place=place, detail=detail)
