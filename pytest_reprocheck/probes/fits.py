"""What is recorded of an estimator's call: features and parameters before it, what it learned or gave back after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from .encode_objects import fitted_attributes
from .encode_tables import column_names
from .nodes import opaque, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType, FrameType

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
    hasher: Any
    count: int = 0


@dataclass(kw_only=True, slots=True)
class Site:
    """An instruction of user code that has called a method more often than is recorded in full."""

    code: CodeType
    """Held, so that its address is no other code's."""
    after: Callable[[Any], None]
    """Adds a call's result to the rolling digest."""


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
        self._sites: dict[tuple[int, int, type, str], Site] = {}

    def before_call(
        self, estimator: Any, method: str, frame: FrameType, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[[Any], None] | None:
        """Record what goes into a call; gives what records its result, or None for calls that are not user code's."""
        code = frame.f_code
        site = self._sites.get((id(code), frame.f_lasti, type(estimator), method))
        if site is not None:
            return site.after
        origin = self._probe.frames.origin(frame)
        if origin is None or not self._probe.log.main:
            return None
        data = {**dict(zip(("X", "y"), args, strict=False)), **kwargs}
        call = Call(estimator=estimator, kind=type(estimator).__name__, method=method, user=origin.user, data=data)
        count = self._calls[call.line] = self._calls.get(call.line, 0) + 1
        if count > FULL_RECORDS:
            if call.fits:
                return self._probe.guarded("fits", lambda result: self._roll(call, result))
            after = self._probe.guarded("fits", partial(self._add, self._rolling_of(call)))
            if origin.user is frame:
                # Nothing but the result counts, and the place is known: the next call from here is not looked at.
                self._sites[id(code), frame.f_lasti, type(estimator), method] = Site(code=code, after=after)
            return after
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
            value = opaque(rolling.type, reason, digest=str(rolling.hasher.hexdigest()))
            self._probe.observe(rolling.aspect, rolling.what, value, stack=rolling.stack)
        self._rolling.clear()
        self._sites.clear()

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
        result = None if result is call.estimator else result
        self._add(self._rolling_of(call), (result, call.data, fitted_attributes(call.estimator)))

    def _add(self, rolling: Rolling, value: Any) -> None:
        rolling.type = rolling.type or type_name(type(value))
        rolling.count += 1
        rolling.hasher.update(str(self._probe.digest(value)).encode())

    def _rolling_of(self, call: Call) -> Rolling:
        rolling = self._rolling.get(call.line)
        if rolling is None:
            rolling = self._rolling[call.line] = Rolling(
                aspect="training" if call.method in {"fit", "partial_fit"} else call.aspect,
                what=f"{call.kind}.{call.method}",
                # What fits gives back is of no interest; otherwise the first result's type counts.
                type=type_name(type(call.estimator)) if call.fits else "",
                stack=self._probe.frames.stack(call.user),
                hasher=self._probe.digests.new(),
            )
        return rolling

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
