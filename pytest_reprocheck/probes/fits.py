"""What is recorded of an estimator's call: features and parameters before it, what it learned or gave back after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import ref

from .encode_objects import fitted_attributes
from .encode_tables import column_names
from .encoder import Limits
from .nodes import opaque, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from .probe import Probe

FULL_RECORDS = 200
"""Calls of one method at one line that are recorded in full; the others go into one digest a step."""

_IN_PLACE = ("steps", "transformer_list")
"""Parameters of Pipeline and FeatureUnion, which fit the estimators they were given instead of clones."""

_FITS = frozenset({"fit", "partial_fit", "fit_transform", "fit_predict"})


@dataclass(kw_only=True, slots=True)
class Rolling:
    """One digest of many calls of a method at one line."""

    aspect: str
    what: str
    type: str
    stack: list[dict[str, Any]]
    count: int = 0
    digest: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of an estimator's method by user code."""

    estimator: Any
    kind: str
    """The estimator's class."""
    method: str
    user: FrameType
    """The user's frame that called."""
    data: Mapping[str, Any]
    """The arguments, the first two as ``X`` and ``y``."""

    @property
    def fits(self) -> bool:
        """Whether the estimator learns in this call."""
        return self.method in _FITS

    @property
    def aspect(self) -> str:
        """The aspect of what the call gives back."""
        return "features" if self.method in {"fit_transform", "transform"} else "predictions"

    @property
    def line(self) -> tuple[str, int, str, str]:
        """Stands for all calls of this method at this line."""
        return self.user.f_code.co_filename, self.user.f_lineno, self.kind, self.method


class Fits:
    """Records calls of estimators' methods by user code."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._numbers: dict[int, tuple[Callable[[], object], int]] = {}
        self._counts: dict[str, int] = {}
        self._calls: dict[tuple[str, int, str, str], int] = {}
        self._rolling: dict[tuple[str, int, str, str], Rolling] = {}

    def before_call(
        self, estimator: Any, method: str, frame: FrameType, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[[Any], None] | None:
        """Record what goes into a call; gives what records its result, or None for calls that are not user code's."""
        origin = self._probe.frames.origin(frame)
        if origin is None or not self._probe.log.main:
            return None
        data = {**dict(zip(("X", "y"), args, strict=False)), **kwargs}
        call = Call(estimator=estimator, kind=type(estimator).__name__, method=method, user=origin.user, data=data)
        count = self._calls[call.line] = self._calls.get(call.line, 0) + 1
        if count > FULL_RECORDS:
            return self._probe.guarded("fits", lambda result: self._roll(call, result))
        stack, about = self._probe.frames.stack(origin.user), self._about(estimator)

        def note(aspect: str, what: str, value: dict[str, Any]) -> None:
            self._probe.observe(aspect, f"{call.kind}.{what}", value, stack=stack, about=about)

        if call.fits:
            self._inputs(call, note)
        return self._probe.guarded("fits", lambda result: self._results(call, note, result))

    def end_step(self) -> None:
        """Write the digests of the calls beyond those recorded in full."""
        for rolling in self._rolling.values():
            reason = f"rolling digest of calls {FULL_RECORDS + 1}..{FULL_RECORDS + rolling.count}"
            value = opaque(rolling.type, reason, digest=rolling.digest)
            self._probe.observe(rolling.aspect, rolling.what, value, stack=rolling.stack)
        self._rolling.clear()

    def _inputs(self, call: Call, note: Callable[[str, str, dict[str, Any]], None]) -> None:
        names = column_names(call.data.get("X"))
        if names is not None:
            note("features", "fit feature names", self._probe.encode(names))
        for name in ("X", "y"):
            if call.data.get(name) is not None:
                note("features", f"fit {name}", self._probe.encode(call.data[name]))
        note("training", "fit parameters", self._probe.encode(_parameters(call.estimator)))

    def _results(self, call: Call, note: Callable[[str, str, dict[str, Any]], None], result: Any) -> None:
        if call.fits:
            fields = {**fitted_attributes(call.estimator), **_fitted_in_place(call.estimator)}
            kind = type_name(type(call.estimator))
            note("training", "fit fitted attributes", self._probe.encode_fields(kind, fields))
        if call.method not in {"fit", "partial_fit"}:
            note(call.aspect, call.method, self._probe.encode(result))

    def _roll(self, call: Call, result: Any) -> None:
        learned = (call.data, fitted_attributes(call.estimator)) if call.fits else ()
        result = None if result is call.estimator else result
        digest = self._probe.encode((result, *learned), Limits(keep=0))["digest"]
        rolling = self._rolling.get(call.line)
        if rolling is None:
            rolling = self._rolling[call.line] = Rolling(
                aspect="training" if call.method in {"fit", "partial_fit"} else call.aspect,
                what=f"{call.kind}.{call.method}",
                type=type_name(type(result)),
                stack=self._probe.frames.stack(call.user),
            )
        rolling.count += 1
        rolling.digest = self._probe.digests.of(rolling.digest, str(digest))

    def _about(self, estimator: Any) -> str:
        """``Class#n``, counted for each class in the order in which the run first used its instances."""
        kind = type(estimator).__name__
        known = self._numbers.get(id(estimator))
        if known is None or known[0]() is not estimator:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            known = self._numbers[id(estimator)] = (_reference(estimator), self._counts[kind])
        return f"{kind}#{known[1]}"


def _reference(estimator: Any) -> Callable[[], object]:
    """A weak reference; to what cannot have one, one that holds until the number is looked up again."""
    try:
        return ref(estimator)
    except TypeError:
        return lambda: estimator


def _fitted_in_place(estimator: Any) -> dict[str, Any]:
    """Parameters that hold what was learned."""
    return {name: value for name, value in _parameters(estimator).items() if name in _IN_PLACE}


def _parameters(estimator: Any) -> dict[str, Any]:
    """The estimator's own parameters, nested estimators as they are."""
    try:
        return dict(estimator.get_params(deep=False))
    except Exception:
        return {}
