"""How objects are encoded: a form for those of each library, and one for all others."""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .encoder import Encoder
    from .nodes import Node

    Form = Callable[[Encoder, Any], Node | None]
    """Gives an object's value; None for anything that it is not for."""

_FORMS = {
    "encode_arrays": {"numpy"},
    "encode_tables": {"pandas", "polars"},
    "encode_arrow": {"pyarrow"},
    "encode_torch": {"torch"},
    "encode_tensors": {"jax", "keras", "tensorflow"},
    "encode_figures": {"matplotlib.artist"},
    "encode_models": {"catboost", "lightgbm", "xgboost"},
}
"""Module -> the libraries it is for: there are no such objects before one of them was imported."""
_LIBRARIES = frozenset[str]().union(*_FORMS.values())


class Forms:
    """The forms for which there can be objects; they are loaded when there can."""

    def __init__(self) -> None:
        self._loaded: frozenset[str] | None = None
        self._forms: tuple[Form, ...] = ()

    def now(self) -> tuple[Form, ...]:
        """In the order in which they are tried."""
        loaded = _LIBRARIES & sys.modules.keys()
        if loaded != self._loaded:
            names = [name for name, libraries in _FORMS.items() if libraries & loaded]
            self._forms = tuple(import_module(f".{name}", __package__).encode for name in [*names, "encode_objects"])
            self._loaded = loaded
        return self._forms
