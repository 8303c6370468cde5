"""The user's variables at the end of each step: those whose digest is new or changed.

A variable is digested again when the step could have touched it (``touched``), and all are at the run's end: what was
changed behind the steps' backs, by a library that kept a reference, is seen then.
"""

from __future__ import annotations

import sys
import types

from .addresses import address_of
from .encoder import Limits, OverBudgetError
from .learned import class_data
from .records import record
from .touched import ATOMS, Touch, Walk, others_run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .probe import Probe

_MOST_VISITS = 2_000
"""Parts of a variable; larger ones (a forest) are told by their fits and predictions."""
_NODES_KEPT = 300
_BLOB_LIMIT = 2**20
_SKIPPED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, type(annotations))


@record(kw_only=True, slots=True)
class _Known:
    """A variable as it was when it was last digested."""

    address: int
    digest: str | None
    parts: frozenset[int] | None
    """What it reaches; None for more than is followed."""


class State:
    """What is known of the variables so far."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._known: dict[str, _Known] = {}
        self._left_out: set[str] = set()
        self._names: frozenset[str] | None = None
        self._before = Touch()
        self._threads = tuple(getattr(sys.modules.get("threading"), "_active", ()))

    def assume(self, variables: Mapping[str, Any], namespace: Mapping[str, Any]) -> None:
        """Take these variables for known, whatever they hold."""
        for name, value in list(variables.items()):
            if self._is_told(name, value):
                self._known[name] = _Known(address=id(value), digest=None, parts=self._parts(value, namespace))

    def settle(self, name: str, value: object) -> None:
        """Take what a variable that is known holds now for told."""
        known = self._known.get(name)
        if known is not None and known.address == id(value):
            known.digest = self._probe.encode(value, Limits(keep=0, most_visits=_MOST_VISITS))["digest"]

    def start_step(self, names: frozenset[str] | None, namespace: Mapping[str, Any]) -> None:
        """A step starts.

        Args:
            names: what its code uses; None where that is not known.
            namespace: the user's global names.
        """
        self._names = names
        self._before = Touch(everything=names is None or others_run(self._probe, self._threads))
        self._reach(self._before, namespace)

    def end_step(self, variables: Mapping[str, Any], namespace: Mapping[str, Any], *, last: bool) -> None:
        """Write what changed in the user's variables (names and what they stand for).

        Args:
            variables: the user's own.
            namespace: all global names.
            last: whether the run ends with this step.
        """
        touch = self._before
        touch.everything = touch.everything or last or others_run(self._probe, self._threads)
        self._reach(touch, namespace)
        known: dict[Any, Any] = {}
        for name, value in list(variables.items()):
            if not self._is_told(name, value) or not self._could_touch(touch, name, value):
                continue
            try:
                self._variable(name, value, known, namespace)
            except OverBudgetError:
                self._known[name] = _Known(address=address_of(value), digest=None, parts=self._parts(value, namespace))
                if name not in self._left_out:
                    self._left_out.add(name)
                    self._probe.not_compared(f"variable {name}", "too many parts to observe at each step")

    def _is_told(self, name: str, value: Any) -> bool:
        """Whether a variable holds something: modules, functions and most classes are what the code says they are."""
        if name.startswith("_") or not issubclass(type(value), _SKIPPED):
            return not name.startswith("_")
        return issubclass(type(value), type) and self._probe.is_user_class(value) and bool(class_data(value))

    def _reach(self, touch: Touch, namespace: Mapping[str, Any]) -> None:
        """Add what the step's names reach now, at its start or at its end."""
        if touch.everything or self._names is None:
            return
        now = Touch()
        walk = Walk(self._probe, namespace, now, self._known_parts)
        walk.names(self._names, namespace)
        walk.follow()
        touch.parts |= now.parts
        touch.names |= now.names
        touch.everything = now.everything

    def _known_parts(self, name: str, value: object) -> frozenset[int] | None:
        known = self._known.get(name)
        return known.parts if known is not None and known.address == address_of(value) else None

    def _could_touch(self, touch: Touch, name: str, value: Any) -> bool:
        known = self._known.get(name)
        if touch.everything or known is None or known.address != address_of(value) or name in touch.names:
            return True
        return known.parts is None or not known.parts.isdisjoint(touch.parts)

    def _variable(self, name: str, value: Any, known: dict[Any, Any], namespace: Mapping[str, Any]) -> None:
        before = self._known.get(name)
        parts = self._parts(value, namespace)
        if before is not None and before.address == address_of(value):
            # Most often it has not changed, and the digest alone is cheaper.
            limits = Limits(keep=0, most_visits=_MOST_VISITS)
            if self._probe.encode(value, limits, known=known)["digest"] == before.digest:
                before.parts = parts
                return
        limits = Limits(keep=_NODES_KEPT, most_visits=_MOST_VISITS, blob_size=_BLOB_LIMIT)
        node = self._probe.encode(value, limits, known=known)
        self._known[name] = _Known(address=address_of(value), digest=node["digest"], parts=parts)
        if before is None or before.digest != node["digest"]:
            self._probe.observe("state", f"variable {name}", node)

    def _parts(self, value: Any, namespace: Mapping[str, Any]) -> frozenset[int] | None:
        if type(value) in ATOMS:
            return frozenset()
        found = Touch()
        Walk(self._probe, namespace, found, lambda _name, _value: None).follow(value)
        return None if found.everything else frozenset(found.parts)
