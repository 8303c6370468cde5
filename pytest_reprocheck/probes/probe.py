"""The state of the probes in one process, passed to everything that observes."""

from __future__ import annotations

import atexit
import sys
from _thread import _local, get_ident
from contextlib import contextmanager
from os import path, register_at_fork

from .audits import Audits
from .blobs import Blobs
from .contents import Contents
from .digest import available
from .encoder import Encoder, Encoding, Limits, OverBudgetError
from .forms import Forms
from .frames import Frames, site
from .nodes import opaque, type_name
from .streams import Streams
from .unordered import Allowance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType
    from typing import Any, TypeVar

    from .frames import Origin
    from .log import Log

    T = TypeVar("T")

INFRASTRUCTURE = frozenset(
    [
        "IPython",
        "asyncio",
        "asyncore",
        "cloudpickle",
        "comm",
        "concurrent",
        "copy",
        "copyreg",
        "dask",
        "debugpy",
        "distributed",
        "duckdb",
        "email",
        "http",
        "httpx",
        "importlib",
        "ipykernel",
        "joblib",
        "jupyter_client",
        "logging",
        "multiprocessing",
        "numpy.random._pickle",
        "pickle",
        "pytest_reprocheck",
        "requests",
        "selectors",
        "shelve",
        "sklearn.callback",
        "socket",
        "socketserver",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "torch._dynamo",
        "torch._inductor",
        "tornado",
        "traitlets",
        "urllib",
        "urllib3",
        "zmq",
    ]
)
"""Modules whose draws serve their own ends (names, handshakes, copies), whoever called them."""


class _Thread(_local):
    """What a thread does."""

    working = False
    """Whether it is the probes' own work."""


class Probe:
    """One process's configuration, log, streams and patches."""

    def __init__(self, config: Mapping[str, Any], log: Log, hidden: Mapping[str, Any] | None = None) -> None:
        self.config = config
        self.log = log
        self.hidden = hidden or {}
        """Modules that were imported before the process was forked, and come back as they are."""
        self.frames = Frames(config["root"], config["path"], path.dirname(__file__))  # noqa: PTH120
        self.streams = Streams(config["seed"], config.get("streams") or {})
        self._sites = frozenset(config.get("conditions", {}).get("sites", ()))
        self.digests = available()
        self.blobs = Blobs(config.get("blobs"))
        self._encoding = Encoding(
            digests=self.digests,
            blobs=self.blobs,
            allowance=Allowance(),
            contents=Contents(self.digests),
            is_user_class=self.is_user_class,
            is_user_function=lambda function: self.frames.source(function.__code__.co_filename) is not None,
            forms=Forms().now,
        )
        self.step: int | None = None
        self.active = True
        self.thread = _Thread()
        self.audits = Audits()
        self._undo: list[Callable[[], object]] = [self.audits.stop]
        self._at_start: list[Callable[[], object]] = []
        self._seen: set[object] = set()
        self._forks = 0
        register_at_fork(before=self._fork_counted, after_in_child=self._forked)

    @property
    def watching(self) -> bool:
        """False while the probes themselves work in this thread, and after the patches were taken out."""
        return self.active and not self.thread.working

    @contextmanager
    def working(self) -> Iterator[None]:
        """What happens inside is the probes' own doing: no events, no observations."""
        before = self.thread.working
        self.thread.working = True
        try:
            yield
        finally:
            self.thread.working = before

    def encode(
        self,
        obj: object,
        limits: Limits = Limits(),  # noqa: B008  (a frozen value)
        *,
        known: dict[Any, Any] | None = None,
    ) -> dict[str, Any]:
        """An object's value. Raises OverBudgetError where it is larger than ``limits`` allow, nothing else.

        Args:
            obj: anything.
            limits: how much is kept.
            known: digests of arrays that several calls share, as long as nothing can change the arrays.
        """
        encoder = Encoder(self._encoding, limits, known)
        return self._encoded(lambda: encoder.told(encoder.value(obj)), type_name(type(obj)))

    def digest(self, obj: object, unknown: set[str]) -> str:
        """The digest of an object's value alone, the same one for all that have none.

        Args:
            obj: anything.
            unknown: gets type and reason of what the digest does not tell apart.
        """
        node = self.encode(obj, Limits(keep=0))
        unknown.update(node.get("unknown", ()))
        if node["digest"] is None:
            unknown.add(f"{node['type']}: {node['reason']}")
        return str(node["digest"])

    def encode_fields(self, kind: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """The value of an object of which only these attributes count."""
        encoder = Encoder(self._encoding, Limits())
        return self._encoded(lambda: encoder.told(encoder.fields(kind, fields)), kind)

    def _encoded(self, encode: Callable[[], dict[str, Any]], kind: str) -> dict[str, Any]:
        with self.working():
            try:
                return encode()
            except OverBudgetError:
                raise
            except Exception as error:
                return opaque(kind, f"not encodable: {type(error).__name__}", digest=None)

    def guarded(self, what: str, function: Callable[..., T]) -> Callable[..., T | None]:
        """The function as work of the probes: it causes no events, and where it fails the subject runs on."""

        def work(*args: Any, **kwargs: Any) -> T | None:
            local = self.thread
            before = local.working
            local.working = True
            try:
                return function(*args, **kwargs)
            except Exception as error:
                self.not_compared(what, f"the probe failed: {type(error).__name__}: {error}")
                return None
            finally:
                local.working = before

        return work

    def origin(self, frame: FrameType | None, *, through: frozenset[str] = frozenset()) -> Origin | None:
        """Where user code caused a draw; None for draws that libraries make for their own ends.

        Args:
            frame: where the draw happens.
            through: modules that only pass the draw on, whatever they are.
        """
        found = self.frames.origin(frame)
        if found is None:
            return None
        names = (str(library.f_globals.get("__name__") or "") for library in found.library)
        drawing = next((name for name in names if name not in through), "")
        return None if _is_infrastructure(drawing) else found

    @property
    def limited(self) -> bool:
        """Whether a factor is varied at some places alone."""
        return bool(self._sites)

    def varies(self, source: str, place: str) -> bool:
        """Whether a factor that is varied is varied for user code at this place (``frames.site``), too."""
        return not self._sites or f"{source}@{place}" in self._sites

    def at_start(self, prepare: Callable[[], object]) -> None:
        """Call this when the subject's first step starts."""
        self._at_start.append(prepare)

    def just_seen(self, source: str, frame: FrameType) -> bool:
        """Whether a draw by this very instruction of user code was logged in this step already; cheap."""
        return (source, id(frame.f_code), frame.f_lasti) in self._seen

    def now_seen(self, source: str, frame: FrameType) -> None:
        """A draw by this instruction of user code is being logged."""
        self._seen.add((source, id(frame.f_code), frame.f_lasti))

    def first_time(self, *key: object) -> bool:
        """True once for each key and step: one event stands for all draws of a line in a step."""
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def start_step(self, index: int | None) -> None:
        """What is logged from now on belongs to this step."""
        if index == 0:
            for prepare in self._at_start:
                prepare()
        self.step = index
        self._seen.clear()

    def event(self, source: str, stream: str, what: str, frame: FrameType | None, *, seeded_by: str = "") -> None:
        """Log an unseeded draw by the user's code at a frame."""
        self.event_at(source, stream, what, self.frames.stack(frame), seeded_by=seeded_by)

    def event_at(
        self, source: str, stream: str, what: str, stack: list[dict[str, Any]], *, seeded_by: str = ""
    ) -> None:
        """Log an unseeded draw for which user code called at a stack."""
        # A worker tells once of a line, not for each of its tasks.
        if not self.first_time(f"{source} {stream.partition('#')[0]}", what, site(stack)):
            return
        line = {"source": source, "stream": stream, "what": what, "step": self.step, "stack": stack}
        line |= {"seeded_by": seeded_by} if seeded_by else {}
        self.log.numbered({"type": "event", **line, "thread": _thread_name()})

    def observe(self, aspect: str, what: str, value: dict[str, Any], *, stack: Any = (), about: str = "") -> None:
        """Log an observation (``core.trace.Observation``)."""
        line = {"aspect": aspect, "what": what, "step": self.step, "stack": list(stack), "value": value, "about": about}
        self.log.numbered({"type": "observation", **line})

    def not_compared(self, what: str, reason: str) -> None:
        """Log something that is not compared, and why."""
        self.log.write({"type": "not_compared", "what": what, "reason": reason})

    def replace(self, owner: Any, name: str, value: object, *, at_exit: bool = False) -> None:
        """Set an attribute until the probes are taken out; ``at_exit`` as in ``undo``."""
        missing = object()
        before = vars(owner).get(name, missing)
        setattr(owner, name, value)
        self.undo(lambda: delattr(owner, name) if before is missing else setattr(owner, name, before), at_exit=at_exit)

    def undo(self, step: Callable[[], object], *, at_exit: bool = False) -> None:
        """Remember how a patch is taken out.

        Args:
            step: takes it out.
            at_exit: take it out when the interpreter ends, too, and hold nothing of it then: some extensions tell of
                every object of theirs that is left at the end, and the probes are.
        """
        if at_exit:
            step = _once(step)
            atexit.register(step)
        self._undo.append(step)

    def stop(self) -> None:
        """Take every patch out again, the last one first."""
        self.active = False
        while self._undo:
            self._undo.pop()()

    def is_user_class(self, kind: type) -> bool:
        """Whether a class is defined in the user's code."""
        if kind.__module__ == "__main__":
            return True
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        return file is not None and self.frames.source(file) is not None

    def _fork_counted(self) -> None:
        self._forks += 1

    def _forked(self) -> None:
        if self.active:
            self.streams.forked(self._forks)
            self.log.forked()
            self._forks = 0
            self._seen.clear()


def _once(step: Callable[[], object]) -> Callable[[], None]:
    """The step when it is first called, and nothing afterwards: neither does it hold the step any longer."""
    left = [step]

    def take() -> None:
        if left:
            left.pop()()

    return take


def _is_infrastructure(module: str) -> bool:
    while module and module not in INFRASTRUCTURE:
        module = module.rpartition(".")[0]
    return bool(module)


def _thread_name() -> str:
    active = getattr(sys.modules.get("threading"), "_active", {})
    return str(getattr(active.get(get_ident()), "name", "MainThread"))
