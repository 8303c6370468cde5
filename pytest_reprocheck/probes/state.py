"""The user's variables at the end of each step: those whose digest is new or changed."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from .encoder import Limits, OverBudgetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .probe import Probe

_MOST_VISITS = 2_000
"""Parts of a variable; larger ones (a forest) are told by their fits and predictions."""
_NODES_KEPT = 300
_BLOB_LIMIT = 2**20
_SKIPPED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, type(annotations))


class State:
    """What is known of the variables so far."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._digests: dict[str, str | None] = {}
        self._left_out: set[str] = set()

    def end_step(self, variables: Mapping[str, Any]) -> None:
        """Write what changed in the user's variables (names and what they stand for)."""
        for name, value in list(variables.items()):
            if name.startswith("_") or isinstance(value, _SKIPPED):
                continue
            try:
                self._variable(name, value)
            except OverBudgetError:
                if name not in self._left_out:
                    self._left_out.add(name)
                    self._probe.not_compared(f"variable {name}", "too many parts to observe at each step")

    def _variable(self, name: str, value: Any) -> None:
        if name in self._digests:  # most often it has not changed, and the digest alone is cheaper
            digest = self._probe.encode(value, Limits(keep=0, most_visits=_MOST_VISITS))["digest"]
            if self._digests[name] == digest:
                return
        node = self._probe.encode(value, Limits(keep=_NODES_KEPT, most_visits=_MOST_VISITS, blob_size=_BLOB_LIMIT))
        self._digests[name] = node["digest"]
        self._probe.observe("state", f"variable {name}", node)
