"""Widgets: what they show in the place of the ids that their models have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
_REFERENCE = "IPY_MODEL_"
_MAX_WIDGETS = 2_000
"""Models that are looked at for one output; the further ones are named by their class alone."""


def with_states(
    outputs: Sequence[Mapping[str, Any]], states: Mapping[str, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """A cell's outputs, each widget in them with the state that it had in the end.

    Args:
        outputs: as nbformat has them.
        states: the state of each model by its id.
    """
    return [_with_state(output, states) for output in outputs]


def states_of(
    states: Mapping[str, Mapping[str, Any]], buffers: Mapping[str, Mapping[tuple[Any, ...], Mapping[str, Any]]]
) -> Mapping[str, Mapping[str, Any]]:
    """The state of each model with the bytes that were sent beside it, by their path in the state, as base64."""
    return {
        name: {**state, **{".".join(map(str, path)): sent["data"] for path, sent in buffers.get(name, {}).items()}}
        for name, state in states.items()
    }


def _with_state(output: Mapping[str, Any], states: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    view = output.get("data", {}).get(VIEW)
    if not isinstance(view, Mapping) or view.get("model_id") not in states:
        return output
    shown = _Told(states).model(str(view["model_id"]))
    return {**output, "data": {**output["data"], VIEW: shown}}


class _Told:
    """Models as nested data; one that was told before is named by its number."""

    def __init__(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        self._states = states
        self._numbers: dict[str, int] = {}

    def model(self, name: str) -> Any:
        """One model with all that it refers to."""
        state = self._states.get(name)
        if state is None:
            return "<unknown widget>"
        if name in self._numbers:
            return f"<widget {self._numbers[name]}>"
        self._numbers[name] = len(self._numbers) + 1
        if len(self._numbers) > _MAX_WIDGETS:
            return f"<{state.get('_model_name')}>"
        return {key: self._value(value) for key, value in sorted(state.items())}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_REFERENCE):
            return self.model(value.removeprefix(_REFERENCE))
        if isinstance(value, Mapping):
            return {str(key): self._value(member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._value(member) for member in value]
        return value
