"""What is recorded of an estimator's call: features and parameters before it, what it learned or gave back after."""

from __future__ import annotations

from functools import partial
from weakref import ref

from . import encode_arrays, encode_models
from .encode_tables import column_names
from .estimators import FITS, by_name
from .learned import learned, own_fields
from .nodes import opaque, type_name
from .records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType, FrameType
    from typing import Any

    from .estimators import Given
    from .frames import Origin
    from .probe import Probe

FULL_RECORDS = 200
"""Calls of one method at one line that are recorded in full; the others go into one digest a step."""

_IN_PLACE = ("steps", "transformer_list")
"""Parameters of Pipeline and FeatureUnion, which fit the estimators they were given instead of clones."""

_TRANSFORMS = frozenset({"fit_transform", "fit_resample", "transform", "inverse_transform"})
_INPUTS = ("X", "y")
"""What the first two arguments of a fit are called, whatever their names."""


@record(kw_only=True, slots=True)
class Rolling:
    """One digest of many calls of a method at one line."""

    aspect: str
    what: str
    type: str
    stack: list[dict[str, Any]]
    hasher: Any
    unknown: set[str]
    """What the digest does not tell apart."""
    count: int = 0


@record(kw_only=True, slots=True)
class Site:
    """An instruction of user code that has called a method more often than is recorded in full."""

    code: CodeType
    """Held, so that its address is no other code's."""
    after: Callable[[Any], None]
    """Adds a call's result to the rolling digest."""


@record(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of an estimator's method, or of a library's function, by user code."""

    what: str
    """``RandomForestClassifier.fit``, ``accuracy_score``."""
    user: FrameType
    """The user's frame that called."""
    data: Mapping[str, Any]
    """The arguments by name."""
    aspect: str
    """The aspect of what the call gives back."""
    estimator: Any = None
    """None for functions."""
    method: str = ""
    """Empty for functions."""

    @property
    def fits(self) -> bool:
        """Whether the estimator learns in this call."""
        return self.method in FITS

    @property
    def line(self) -> tuple[str, int, str]:
        """Stands for all calls of this method at this line."""
        return self.user.f_code.co_filename, self.user.f_lineno, self.what


class Fits:
    """Records calls of estimators' methods, and of functions beside them, by user code."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._numbers: dict[int, tuple[Callable[[], object], int]] = {}
        self._counts: dict[str, int] = {}
        self._calls: dict[tuple[str, int, str], int] = {}
        self._rolling: dict[tuple[str, int, str], Rolling] = {}
        self._sites: dict[tuple[int, int, type, str], Site] = {}
        self._small = encode_arrays.Small()
        self._told = False

    def before_method(
        self, estimator: Any, method: str, frame: FrameType, given: Given
    ) -> Callable[[Any], None] | None:
        """Record what goes into a call; gives what records its result, or None for calls that are not user code's."""
        code = frame.f_code
        site = self._sites.get((id(code), frame.f_lasti, type(estimator), method))
        if site is not None:
            return site.after
        origin = self.caller(frame)
        if origin is None:
            return None
        aspect = "features" if method in _TRANSFORMS else "state" if method == "split" else "predictions"
        what = f"{type(estimator).__name__}.{method}"
        call = Call(what=what, user=origin.user, data=by_name(given), aspect=aspect, estimator=estimator, method=method)
        after = self.before(call)
        if origin.user is frame and not call.fits and self._calls[call.line] > FULL_RECORDS:
            # Nothing but the result counts, and the place is known: the next call from here is not looked at.
            after = self._probe.guarded("fits", partial(self._add, self._rolling_of(call)))
            self._sites[id(code), frame.f_lasti, type(estimator), method] = Site(code=code, after=after)
        return after

    def caller(self, frame: FrameType) -> Origin | None:
        """Where user code calls; None for calls that are not its own, and in other processes than the subject's."""
        origin = self._probe.frames.origin(frame)
        if origin is None or self._probe.log.main:
            return origin
        if not self._told:
            self._told = True
            self._probe.not_compared("fits and predictions in worker processes", "only what they give back is compared")
        return None

    def before(self, call: Call) -> Callable[[Any], None]:
        """The same for a call that is user code's."""
        full, stack, about = self._counted(call), None, ""
        if full:
            stack, about = self._probe.frames.stack(call.user), self.about(call.estimator)
        given = 0

        def note(aspect: str, what: str, value: dict[str, Any]) -> None:
            self._probe.observe(aspect, what, value, stack=stack, about=about)

        def results(result: Any) -> None:
            nonlocal given
            given += 1
            if full and given <= FULL_RECORDS:
                self._results(call, note, result)
            else:
                self._roll(call, result)

        if full and (call.fits or call.estimator is None):
            self._inputs(call, note)
        if full and (call.method == "split" or call.what == "train_test_split"):
            note("state", f"{call.what} parameters", self._probe.encode(_split_rule(call)))
        return self._probe.guarded("fits", results)

    def _counted(self, call: Call) -> bool:
        """Whether the call is still one of those recorded in full."""
        count = self._calls[call.line] = self._calls.get(call.line, 0) + 1
        return count <= FULL_RECORDS

    def end_step(self) -> None:
        """Write the digests of the calls beyond those recorded in full."""
        for rolling in self._rolling.values():
            reason = f"rolling digest of calls {FULL_RECORDS + 1}..{FULL_RECORDS + rolling.count}"
            value = opaque(rolling.type, reason, digest=str(rolling.hasher.hexdigest()))
            value["unknown"] = sorted(rolling.unknown)
            self._probe.observe(rolling.aspect, rolling.what, value, stack=rolling.stack)
        self._rolling.clear()
        self._sites.clear()

    def _inputs(self, call: Call, note: Callable[[str, str, dict[str, Any]], None]) -> None:
        for index, (written, value) in enumerate(call.data.items()):
            first = call.fits and index < len(_INPUTS) and written not in _INPUTS
            name = _INPUTS[index] if first else written
            if name == "X" and (names := column_names(value)) is not None:
                note("features", f"{call.what} feature names", self._probe.encode(names))
            if value is not None and (name in _INPUTS or _is_data(value)):
                note("features", f"{call.what} {name}", self._probe.encode(value))
        if call.estimator is not None:
            note("training", f"{call.what} parameters", self._probe.encode(_parameters(call.estimator)))

    def _results(self, call: Call, note: Callable[[str, str, dict[str, Any]], None], result: Any) -> None:
        if call.fits:
            fields = {**self._learned(call.estimator), **_fitted_in_place(call.estimator)}
            kind = type_name(type(call.estimator))
            # What a class of the user's own has that is no estimator of scikit-learn's may be anything, a time too.
            aspect = "training" if hasattr(call.estimator, "get_params") else "state"
            note(aspect, f"{call.what} fitted attributes", self._probe.encode_fields(kind, fields))
        if result is not call.estimator or result is None:
            note(call.aspect, call.what, self._probe.encode(result))

    def _learned(self, estimator: Any) -> dict[str, Any]:
        if encode_models.is_model(estimator):
            return {"model": estimator}
        return learned(estimator, _parameters(estimator), own=self._probe.is_user_class(type(estimator)))

    def _roll(self, call: Call, result: Any) -> None:
        result = None if result is call.estimator else result
        learned_now = (result, call.data, self._learned(call.estimator)) if call.fits else result
        self._add(self._rolling_of(call), learned_now)

    def _add(self, rolling: Rolling, value: Any) -> None:
        rolling.type = rolling.type or type_name(type(value))
        rolling.count += 1
        plain = self._small.bytes_of(value)
        rolling.hasher.update(self._probe.digest(value, rolling.unknown).encode() if plain is None else plain)

    def _rolling_of(self, call: Call) -> Rolling:
        rolling = self._rolling.get(call.line)
        if rolling is None:
            rolling = self._rolling[call.line] = Rolling(
                aspect="training" if call.method in {"fit", "partial_fit"} else call.aspect,
                what=call.what,
                # What fits give back is of no interest; otherwise the first result's type counts.
                type=type_name(type(call.estimator)) if call.fits else "",
                stack=self._probe.frames.stack(call.user),
                hasher=self._probe.digests.new(),
                unknown=set(),
            )
        return rolling

    def about(self, estimator: Any) -> str:
        """``Class#n``, counted for each class in the order in which the run first used its instances."""
        if estimator is None:
            return ""
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


def _split_rule(call: Call) -> dict[str, Any]:
    """What a split goes by besides the rows; of data only that it is given."""
    own = {} if call.estimator is None else _parameters(call.estimator)
    return {**own, **{name: "(data)" if _is_data(value) else value for name, value in call.data.items()}}


def _is_data(value: object) -> bool:
    """Whether an argument is data (weights, groups, sets to evaluate on) and no setting."""
    return hasattr(value, "shape") or (isinstance(value, (list, tuple)) and len(value) > 0)


def _parameters(estimator: Any) -> dict[str, Any]:
    """The estimator's own parameters, nested estimators as they are; what an object without such has before it fits."""
    get_params = getattr(estimator, "get_params", None)
    if get_params is None:
        return own_fields(estimator)
    try:
        return dict(get_params(deep=False))
    except TypeError:  # those of other libraries have no nested ones
        return dict(get_params())
    except Exception:
        return {}
