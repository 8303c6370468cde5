"""The user's variables at the end of each step: those whose digest is new or changed."""

from __future__ import annotations

import types
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .encoder import Limits, OverBudgetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .probe import Probe

_LEAST_BUDGET = 0.02
_SHARE = 0.03
_NODES_KEPT = 300
_BLOB_LIMIT = 2**20
_SKIPPED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, type(annotations))


class State:
    """What is known of the variables so far."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._digests: dict[str, str | None] = {}
        self._left_out: set[str] = set()

    def end_step(self, variables: Mapping[str, Any], seconds: float) -> None:
        """Write what changed, within a budget of time.

        Args:
            variables: the user's names and what they stand for.
            seconds: how long the step took.
        """
        deadline = perf_counter() + max(_LEAST_BUDGET, _SHARE * seconds)
        for name, value in list(variables.items()):
            if name.startswith("_") or isinstance(value, _SKIPPED):
                continue
            try:
                self._variable(name, value, deadline)
            except OverBudgetError:
                if name not in self._left_out:
                    self._left_out.add(name)
                    self._probe.not_compared(f"variable {name}", "state budget")

    def _variable(self, name: str, value: Any, deadline: float) -> None:
        if name in self._digests:  # most often it has not changed, and the digest alone is cheaper
            digest = self._probe.encode(value, Limits(keep=0, deadline=deadline))["digest"]
            if self._digests[name] == digest:
                return
        node = self._probe.encode(value, Limits(keep=_NODES_KEPT, deadline=deadline, blob_size=_BLOB_LIMIT))
        self._digests[name] = node["digest"]
        self._probe.observe("state", f"variable {name}", node)
