"""What to write instead: concrete for the user's line, as an edit that can be tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.conditions import FactorName
from pytest_reprocheck.core.sources import Edit, Unit, apply_edits, unit_at
from pytest_reprocheck.core.trace import Event, Place
from pytest_reprocheck.diagnose.parsing import callee, parse, replace_node
from pytest_reprocheck.diagnose.unordered import Candidate

_GENERATORS = frozenset(
    {"default_rng", "RandomState", "SeedSequence", "Random", "PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"}
)
_COMPOUND = (
    ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.ClassDef, ast.For, ast.FunctionDef, ast.If, ast.Match,
    ast.Try, ast.TryStar, ast.While, ast.With,
)  # fmt: skip
_SEEDABLE = _GENERATORS | {"seed"}
_GLOBAL_SEEDS: Mapping[str, tuple[str, str]] = {
    "random": ("random", ".seed(0)"),
    "numpy": ("numpy", ".random.seed(0)"),
    "torch": ("torch", ".manual_seed(0)"),
    "tensorflow": ("tensorflow", ".random.set_seed(0)"),
}
"""By stream: the module, and what of it seeds its global state."""
_PANDAS_DRAWS = frozenset({"sample"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """A change of the user's code that removes a cause."""

    text: str
    """What to write, in one line."""
    edits: tuple[Edit, ...] = ()
    """The same as edits; empty when it cannot be done mechanically."""


def remedy_for_draw(event: Event, subject_path: str, units: Sequence[Unit]) -> Remedy:
    """The remedy for an unseeded draw at the place of ``event``."""
    if event.source == "entropy":
        return Remedy(
            text="make it from a seeded generator: random.Random(0) instead of the operating system's entropy"
        )
    if event.source == "estimator":
        return _seed_estimator(event, units)
    place = event.stack[0].place if event.stack else None
    if place is not None:
        for unit, call in _calls_at(place, units):
            if (
                event.source != "torch"
                and callee(call) in _SEEDABLE
                and not call.keywords
                and all(map(_is_none_literal, call.args))
            ):
                return (
                    _seeded(unit, call, "0")
                    if not call.args
                    else _described((replace_node(unit, call.args[0], "0"),), units)
                )
            if callee(call) in _PANDAS_DRAWS and not _keyword(call, "random_state"):
                return _seeded(unit, call, "random_state=0")
    if event.source == "torch" and event.what == "torch seed":
        return Remedy(text="torch.manual_seed(0) instead of a seed from the operating system's entropy")
    if event.stream not in _GLOBAL_SEEDS:
        return Remedy(text=f"give {event.what} a seed")
    return _seed_global(event, subject_path, units)


def remedy_for_order(candidate: Candidate, units: Sequence[Unit]) -> Remedy:
    """The remedy for an order made of a set, or for a number made by hash()."""
    if candidate.kind == "hash":
        return Remedy(text="use a hash that does not depend on PYTHONHASHSEED, as zlib.crc32(text.encode())")
    if candidate.remedy is None:
        return Remedy(text="choose the member by a rule: min(...), or sorted(...)[0]")
    return _described((candidate.remedy,), units)


_LISTERS = frozenset({"glob", "iglob", "iterdir", "listdir", "rglob"})
_WORDS: Mapping[FactorName, str] = {
    "listing": "sort what is listed before it is used; with os.walk folders.sort()",
    "rows": "end the query with ORDER BY over columns that are unique together",
    "clock": "take the time from a parameter, and bound loops by counts",
    "pid": "use a number that is written down instead of the process id",
    "timezone": "give the zone: datetime.fromtimestamp(stamp, tz=timezone.utc)",
    "locale": "do without the machine's locale, or set the data's own by name",
    "cpus": "write the number down instead of asking the machine",
    "completion": "take the results in the order of submission",
    "directory": "make paths from the script's own place: Path(__file__).parent",
    "threads": "make it stable (scale, converge), or fix and record the threads",
    "simd": "make it stable: scale the data, let the solver converge",
    "network": "keep a copy in the project, or fetch a pinned version",
}


def remedy_for_read(factor: FactorName, event: Event | None, units: Sequence[Unit]) -> Remedy:
    """The remedy for a read of the surroundings: an edit of the call where there is a mechanical one, else words."""
    place = event.stack[0].place if event is not None and event.stack else None
    for unit, call in _calls_at(place, units) if place is not None else ():
        text = ast.get_source_segment(unit.text, call) or ""
        name = callee(call)
        new = None
        if factor == "listing" and name in _LISTERS:
            new = f"sorted({text})"
        elif factor == "listing" and name == "scandir":
            new = f"sorted({text}, key=lambda entry: entry.name)"
        elif factor == "completion" and name == "as_completed" and call.args:
            new = ast.get_source_segment(unit.text, call.args[0])
        elif factor == "completion" and name == "imap_unordered":
            new = text.replace("imap_unordered", "imap", 1)
        elif factor == "pid" and name == "getpid":
            new = "0"
        if new is not None:
            return _described((replace_node(unit, call, new),), units)
    return Remedy(text=_WORDS.get(factor, ""))


def _seed_estimator(event: Event, units: Sequence[Unit]) -> Remedy:
    """An integer random_state where the object that drew is made, or in the call of the function that drew."""
    name = event.what.removeprefix("sklearn ")
    place = event.stack[0].place if event.stack else Place(path="")
    calls = [
        (unit, call)
        for unit in units
        if (tree := parse(unit)) is not None
        for call in _calls(tree)
        if callee(call) == name
    ]
    open_calls = [(unit, call) for unit, call in calls if _is_none(_keyword(call, "random_state"))]
    if not open_calls or name == "check_random_state":
        return Remedy(text=f"give {name} an integer random_state")
    unit, call = min(open_calls, key=lambda pair: _away(pair[0], pair[1], place))
    keyword = _keyword(call, "random_state")
    if keyword is not None:
        return _described((replace_node(unit, keyword.value, "0"),), units)
    return _seeded(unit, call, "random_state=0")


def _away(unit: Unit, call: ast.Call, place: Place) -> tuple[bool, bool, int]:
    same = (unit.path, unit.cell) == (place.path, place.cell)
    behind = same and call.lineno > (place.line or 0)
    return (not same, behind, abs(call.lineno - (place.line or 0)))


def _seed_global(event: Event, subject_path: str, units: Sequence[Unit]) -> Remedy:
    """A seed call above the top-level statement that leads to the draw."""
    module, call = _GLOBAL_SEEDS[event.stream]
    path = f"{module}{call}"
    places = [call.place for call in reversed(event.stack) if call.place.path == subject_path]
    outermost = next((place for place in places if not _is_magic(place, units)), None)
    unit = unit_at(units, outermost) if outermost is not None else None
    tree = parse(unit) if unit is not None else None
    if unit is None or tree is None or outermost is None or outermost.line is None:
        return Remedy(text=f"call {path} before the first draw")
    statement = next(
        (node for node in tree.body if node.lineno <= outermost.line <= (node.end_lineno or node.lineno)), None
    )
    if statement is None:
        return Remedy(text=f"call {path} before the first draw")
    alias = _alias(units, module)
    seed = path if alias is None else f"{alias}{call}"
    line = statement.lineno
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)) and statement.decorator_list:
        line = min(decorator.lineno for decorator in statement.decorator_list)
    place = Place(path=unit.path, cell=unit.cell, line=line)
    # On the same line where the grammar allows it, so that the lines below keep their numbers.
    end = "\n" if isinstance(statement, _COMPOUND) else "; "
    edit = Edit(place=place, column=0, end_line=line, end_column=0, text=f"import {module}; {path}{end}")
    return Remedy(text=f"{seed}   (before {_short(place)})", edits=(edit,))


def _is_magic(place: Place, units: Sequence[Unit]) -> bool:
    """Whether a line calls an IPython magic: nothing can be put before ``%%time``."""
    unit = unit_at(units, place)
    return unit is not None and place.cell is not None and unit.line(place.line).startswith(("%", "!"))


def _short(place: Place) -> str:
    return f"cell[{place.cell}]:{place.line}" if place.cell is not None else f"line {place.line}"


def _alias(units: Sequence[Unit], module: str) -> str | None:
    """The name under which the user's code knows a module."""
    for unit in units:
        tree = parse(unit)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Import):
                for name in node.names:
                    if name.name == module:
                        return name.asname or module
    return None


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _calls_at(place: Place, units: Sequence[Unit]) -> list[tuple[Unit, ast.Call]]:
    """Calls whose lines hold the place, the innermost first."""
    unit = unit_at(units, place)
    tree = parse(unit) if unit is not None else None
    if unit is None or tree is None or place.line is None:
        return []
    calls = [call for call in _calls(tree) if call.lineno <= place.line <= (call.end_lineno or call.lineno)]
    calls.sort(key=lambda call: (call.end_lineno or 0) - call.lineno)
    return [(unit, call) for call in calls]


def _keyword(call: ast.Call, name: str) -> ast.keyword | None:
    return next((keyword for keyword in call.keywords if keyword.arg == name), None)


def _is_none_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_none(keyword: ast.keyword | None) -> bool:
    return keyword is None or _is_none_literal(keyword.value)


def _seeded(unit: Unit, call: ast.Call, argument: str) -> Remedy:
    """The call with one more argument."""
    text = ast.get_source_segment(unit.text, call) or ""
    inside = text[:-1].rstrip()
    separator = "" if inside.endswith("(") else " " if inside.endswith(",") else ", "
    return _described((replace_node(unit, call, f"{inside}{separator}{argument})"),), (unit,))


def _described(edits: tuple[Edit, ...], units: Sequence[Unit]) -> Remedy:
    """A remedy told by the first line that it changes."""
    place = edits[0].place
    unit = unit_at(units, place)
    assert unit is not None
    after = apply_edits(units, edits)[place.path, place.cell].splitlines()
    before = unit.text.splitlines()
    changed = next((new for new, old in zip(after, before, strict=False) if new != old), after[-1])
    return Remedy(text=changed.strip(), edits=edits)
