"""Which global generators each cell of a session moves: looked at before and after it, and left as they are."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from typing import Any

from pytest_reprocheck.core.executions import STATES, State

_FIRST = 623
"""Position at which numpy's generator stands when the system's entropy has seeded it."""
_NEW = -1


class States:
    """The generators' states as they were last seen."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._moves: dict[int, tuple[State, ...]] = {}

    @property
    def moves(self) -> Mapping[int, tuple[State, ...]]:
        """Number of an execution -> generators that it moved; none for what ran before this was watched."""
        return self._moves

    def before(self) -> None:
        """A cell begins."""
        self._before = _now()

    def after(self, number: int) -> None:
        """It is over; a generator that came with a library which it imported was new then."""
        if not self._before:
            return  # the cell that loaded the extension
        before, now = {**_new(), **self._before}, _now()
        self._moves[number] = tuple(name for name in STATES if name in now and before.get(name) != now[name])


def _now() -> dict[str, int]:
    found = {"random": hash(random.getstate())}
    mtrand: Any = sys.modules.get("numpy.random.mtrand")
    if hasattr(mtrand, "_rand"):
        state = mtrand._rand.get_state(legacy=False)  # noqa: SLF001 - the global instance has no other name
        found["numpy"] = _NEW if _is_new(state) else hash((state["state"]["key"].tobytes(), state["state"]["pos"]))
    torch: Any = sys.modules.get("torch")
    if hasattr(torch, "get_rng_state"):
        found["torch"] = hash(torch.get_rng_state().numpy().tobytes())
    return found


def _new() -> dict[str, int]:
    """The states that generators have which nobody has drawn from."""
    torch: Any = sys.modules.get("torch")
    if not hasattr(torch, "get_rng_state"):
        return {"numpy": _NEW}
    generator = torch.Generator()
    generator.manual_seed(torch.initial_seed())
    return {"numpy": _NEW, "torch": hash(generator.get_state().numpy().tobytes())}


def _is_new(state: Mapping[str, Any]) -> bool:
    """Whether numpy's generator has given no number since numpy was imported."""
    return state["state"]["pos"] == _FIRST and not state["has_gauss"]
