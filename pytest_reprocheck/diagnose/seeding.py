"""Which global generators a session's code has seeded, and which cells drew from those that nobody had.

Read from the code that was executed, together with which generators' states each execution moved.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.executions import STATES, Execution, State
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.parsing import python_text

_OWNERS: Mapping[str, State] = {"random": "random", "numpy.random": "numpy", "torch": "torch", "torch.random": "torch"}
_SETTING = frozenset({"seed", "set_state", "setstate", "manual_seed", "manual_seed_all", "set_rng_state"})
_MAKING = frozenset({"SeedSequence", "default_rng", "RandomState", "Random", "spawn"})
_UNSEEDED: Mapping[str, str] = {
    "numpy.random.default_rng": "numpy.random.default_rng()",
    "numpy.random.RandomState": "numpy.random.RandomState()",
    "random.Random": "random.Random()",
    "random.SystemRandom": "random.SystemRandom()",
    "uuid.uuid4": "uuid.uuid4()",
    "os.urandom": "os.urandom()",
    "secrets.token_hex": "secrets.token_hex()",
    "secrets.token_bytes": "secrets.token_bytes()",
    "secrets.randbelow": "secrets.randbelow()",
    "secrets.choice": "secrets.choice()",
}
"""Calls that draw entropy where they are given no seed."""
_ALWAYS = frozenset({"random.SystemRandom", "uuid.uuid4", "os.urandom"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """A cell drew what nobody had seeded."""

    execution: Execution
    what: str
    line: int | None = None
    """Of the call, where the code tells it."""


Moves = Mapping[int, Collection[State]]
"""Number of an execution -> global states that it moved; none for executions that nobody watched."""


def seeded_states(
    executions: Sequence[Execution], moves: Moves, names_in: Callable[[str], Collection[str]]
) -> tuple[State, ...]:
    """The global states that the user has seeded by now.

    Args:
        executions: in order.
        moves: what each of them moved.
        names_in: the names that the code of a user's function uses.
    """
    seeded: set[State] = set()
    modules: dict[str, str] = {}
    for each in executions:
        seeded |= _seeds(each, modules, moves, names_in)
    return tuple(state for state in STATES if state in seeded)


def unseeded_draws(
    executions: Sequence[Execution], moves: Moves, names_in: Callable[[str], Collection[str]]
) -> tuple[Draw, ...]:
    """What the executions drew that nobody had seeded before, in order."""
    found: list[Draw] = []
    seeded: set[State] = set()
    modules: dict[str, str] = {}
    for each in executions:
        seeded |= _seeds(each, modules, moves, names_in)
        found += [
            Draw(execution=each, what=f"the global state of {state}")
            for state in STATES
            if state in moves.get(each.number, ()) and state not in seeded and not _by_imports(each, state, modules)
        ]
        for call in _calls(_tree(each)):
            full = _full_name(call.func, modules)
            if full in _UNSEEDED and (full in _ALWAYS or full.startswith("secrets.") or not _is_given(call)):
                found.append(Draw(execution=each, what=_UNSEEDED[full], line=call.lineno))
    return tuple(found)


def _by_imports(execution: Execution, state: State, modules: Mapping[str, str]) -> bool:
    """Whether a cell imports something and does not use Python's own generator: libraries draw names from it."""
    nodes = list(ast.walk(_tree(execution)))
    imports = any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes)
    used = {modules.get(node.id, "").partition(".")[0] for node in nodes if isinstance(node, ast.Name)}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    return state == "random" and imports and "random" not in used | named


def _seeds(
    execution: Execution, modules: dict[str, str], moves: Moves, names_in: Callable[[str], Collection[str]]
) -> set[State]:
    """The states that an execution seeds; imports are added to what names stand for."""
    tree = _tree(execution)
    _learn_imports(tree, modules)
    found: set[State] = set()
    for call in _calls(tree):
        full = _full_name(call.func, modules)
        owner, _, name = full.rpartition(".")
        if name in _SETTING:
            if owner in _OWNERS and _is_given(call):
                found.add(_OWNERS[owner])
            elif name.startswith("manual_seed"):
                found.add("torch")
            elif not owner and _is_given(call):
                found |= _moved(execution, moves)
        elif ("seed" in name.lower() and name not in _MAKING) or (
            not owner and any("seed" in each.lower() and each not in _MAKING for each in names_in(name))
        ):
            found |= _moved(execution, moves)
    return found


def _moved(execution: Execution, moves: Moves) -> set[State]:
    """All that a helper may have seeded: what the execution moved, or anything where nobody watched."""
    return set(moves.get(execution.number, STATES))


def _tree(execution: Execution) -> ast.Module:
    try:
        return ast.parse(python_text(Unit(path="", cell=0, text=execution.source)))
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _calls(tree: ast.Module) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _learn_imports(tree: ast.Module, modules: dict[str, str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})


def _full_name(node: ast.expr, modules: Mapping[str, str]) -> str:
    """``numpy.random.seed`` for ``np.random.seed``; empty for what is no name."""
    match node:
        case ast.Name(id=name):
            return modules.get(name, name)
        case ast.Attribute(value=value, attr=name):
            owner = _full_name(value, modules)
            return f"{owner}.{name}" if owner else ""
        case _:
            return ""


def _is_given(call: ast.Call) -> bool:
    """Whether the call has an argument other than None."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in values)
