"""scikit-learn's ``random_state=None``: each line that draws so has a stream while numpy's global is unseeded.

``check_random_state`` is imported by name into dozens of modules; it is reached everywhere by giving the function
itself another first statement. Its source, signature and line numbers stay what they are.
"""

# Callers' frames and hidden instances have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import ast
import sys
from types import CodeType

from .calls import called_by_user
from .frames import site
from .locks import generator_with_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .frames import Origin
    from .numpy_random import GlobalState
    from .probe import Probe

_HOOK = "_reprocheck_seed"


class SiteState:
    """The random state of one line of the user's; a draw from it is an event, asking for it alone is none."""

    def __init__(self, probe: Probe, numpy: Any, stream: str) -> None:
        self._probe = probe
        self._stream = stream
        self._what = "sklearn"
        self._stack: list[dict[str, Any]] = []
        self._guarded_drawn = probe.guarded("draws of estimators", self._drawn)
        generator, self._lock = generator_with_lock(numpy.random, numpy.random.MT19937, _nothing, self._left)
        generator._legacy_seeding(probe.streams.bits(stream, 32))
        self.state = numpy.random.RandomState(generator)

    def hand_out(self, what: str, stack: list[dict[str, Any]]) -> Any:
        """The state, for this estimator or function called at this stack."""
        self._what, self._stack = what, stack
        self._lock.tell()
        return self.state

    def _left(self, frame: FrameType) -> None:
        del frame  # it may be a thread's, in which no user frame stands
        if self._probe.watching:
            self._guarded_drawn()

    def _drawn(self) -> None:
        self._lock.keep_silent()
        self._probe.event_at("estimator", self._stream, self._what, self._stack)


def _nothing() -> None:
    """Nothing is to be done before a draw."""


def install(probe: Probe, module: Any, numpy_state: GlobalState) -> None:
    """Watch ``check_random_state`` of ``sklearn.utils.validation``."""
    states: dict[str, SiteState] = {}
    numpy = module.np
    probe.streams.at_task(states.clear)

    def state_for(frame: FrameType) -> Any:
        origin = probe.frames.origin(frame)
        stack = [] if origin is None else probe.frames.stack(origin.user)
        stream = f"estimator@{site(stack)}{probe.streams.inherited()}"
        if stream not in states:
            states[stream] = SiteState(probe, numpy, stream)
        return states[stream].hand_out(_drawn_by(origin), stack)

    guarded = probe.guarded("estimators without a seed", state_for)

    def seed_or_state(seed: Any) -> Any:
        if (seed is not None and seed is not numpy.random) or numpy_state.seeded or not probe.watching:
            return seed
        return guarded(sys._getframe(2))

    function = module.check_random_state
    plain = function.__code__
    probe.replace(module, _HOOK, seed_or_state)
    function.__code__ = _with_first_statement(function, f"seed = {_HOOK}(seed)")

    def undo() -> None:
        function.__code__ = plain

    probe.undo(undo)


def _drawn_by(origin: Origin | None) -> str:
    """The estimator with ``random_state=None`` nearest to the draw, or what the user called."""
    if origin is None:
        return "sklearn"
    for frame in origin.library:
        owner = frame.f_locals.get("self")
        if hasattr(type(owner), "get_params") and _field(owner, "random_state", missing=0) is None:
            return f"sklearn {type(owner).__name__}"
    for frame in reversed(origin.library):
        if "self" in frame.f_locals and "<" not in frame.f_code.co_name:
            return f"sklearn {type(frame.f_locals['self']).__name__}"
        if "<locals>" not in frame.f_code.co_qualname:
            return f"sklearn {frame.f_code.co_name}"
    return called_by_user(origin, "sklearn").replace("sklearn.", "sklearn ")


def _field(owner: object, name: str, *, missing: object) -> object:
    return vars(owner).get(name, missing) if hasattr(owner, "__dict__") else missing


def _with_first_statement(function: Any, statement: str) -> CodeType:
    """The function's code compiled anew, with a statement before its first one and all lines as they were."""
    import inspect

    lines, first_line = inspect.getsourcelines(function)
    tree = ast.parse("".join(lines))
    body = tree.body[0].body  # type: ignore[attr-defined]
    start = 1 if ast.get_docstring(tree.body[0]) is not None else 0  # type: ignore[arg-type]
    inserted = ast.copy_location(ast.parse(statement).body[0], body[start])
    for node in ast.walk(inserted):
        ast.copy_location(node, body[start])
    body.insert(start, inserted)
    ast.increment_lineno(tree, first_line - 1)
    module_code = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
    return next(constant for constant in module_code.co_consts if isinstance(constant, CodeType))
