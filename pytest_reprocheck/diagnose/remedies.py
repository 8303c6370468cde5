"""What to write instead: concrete for the user's line, as an edit that can be tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from pytest_reprocheck.core.conditions import FactorName
from pytest_reprocheck.core.sources import Edit, Unit, unit_at
from pytest_reprocheck.core.trace import Event, Place, Trace
from pytest_reprocheck.diagnose.parsing import callee, insert_after, parse, replace_node
from pytest_reprocheck.diagnose.queries import ordered_queries
from pytest_reprocheck.diagnose.sharing import IN_THREADS
from pytest_reprocheck.diagnose.statements import ordered_statements
from pytest_reprocheck.diagnose.unordered import Candidate
from pytest_reprocheck.diagnose.wording import Remedy, described, listed, short_place

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
_KERAS_SEED = ("keras", ".utils.set_random_seed(0)")
"""Seeds all that Keras draws from: Python's generator, numpy's and that of its backend."""
FOR_TASKS: Mapping[str, str] = {
    "random": "give each task its number, and draw from random.Random(number) there",
    "numpy": (
        "give each task a seed of its own, from np.random.SeedSequence(0).spawn(number of tasks), and draw from "
        "np.random.default_rng(seed) there"
    ),
    "torch": "give each task its number, and call torch.manual_seed(number) there first",
}
"""For draws in worker processes: one seed for all tasks would have them draw the same."""
_DETERMINISTIC: Mapping[str, str] = {
    "torch": "torch.use_deterministic_algorithms(True)",
    "tensorflow": "tf.config.experimental.enable_op_determinism()",
    "jax": "XLA_FLAGS=--xla_gpu_deterministic_ops=true in the environment",
}
"""By package: what chooses deterministic kernels."""
_PANDAS_DRAWS = frozenset({"sample"})


def only_shown(cause: str) -> str:
    """For a time, a number of CPUs or a name that nothing else depends on."""
    what = {"clock": "the time", "cpu-count": "the number of CPUs"}.get(cause, "the name")
    return f"keep {what} out of what is shown, or accept it:  # reprocheck: allow[{cause}] only shown"


def remedies_for_draw(
    event: Event, subject_path: str, units: Sequence[Unit], *, others: Sequence[str] = ()
) -> tuple[Remedy, ...]:
    """What removes an unseeded draw at the place of ``event``: never empty, the likeliest first.

    ``others`` are further classes of estimators that draw at its line.
    """
    if event.source == "entropy" and event.what.startswith("polars."):
        place = event.stack[0].place if event.stack else Place(path="")
        for unit, call in _calls_at(place, units):
            if callee(call) == event.what.rpartition(".")[2]:
                return (described((_with_argument(unit, call, "seed", "0"),), units, at=place),)
    if event.source == "entropy":
        return (
            Remedy(text="make it from a seeded generator: random.Random(0) instead of the operating system's entropy"),
        )
    if "#" in event.stream and event.source in FOR_TASKS:
        return (Remedy(text=FOR_TASKS[event.source]),)
    if event.source == "estimator":
        return tuple(_seed_estimators([event.what.removeprefix("sklearn "), *others], event, units))
    return (_seed_draw(event, subject_path, units),)


def deterministic_kernels(trace: Trace) -> str:
    """How the libraries that a run imported are told to use deterministic kernels alone."""
    told = [text for package, text in _DETERMINISTIC.items() if package in trace.packages]
    if "torch" in trace.packages and trace.facts.get("benchmark"):
        told.append("torch.backends.cudnn.benchmark = False")
    if "torch" in trace.packages and not trace.facts.get("workspace"):
        told.append("CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment")
    return ", ".join(told) or "have the library use deterministic kernels alone"


def _seed_draw(event: Event, subject_path: str, units: Sequence[Unit]) -> Remedy:
    place = event.stack[0].place if event.stack else Place(path="")
    for unit, call in _calls_at(place, units):
        aliases = _aliases(parse(unit) or ast.Module(body=[], type_ignores=[]))
        name = aliases.get(callee(call), callee(call))
        seedable = event.source != "torch" and name in _SEEDABLE
        if seedable and not call.keywords and all(map(_is_none_literal, call.args)):
            edit = replace_node(unit, call.args[0], "0") if call.args else _with_argument(unit, call, "", "0")
            return described((edit,), units, at=place)
        if name in _PANDAS_DRAWS and _is_none(_keyword(call, "random_state")):
            return described((_with_argument(unit, call, "random_state", "0"),), units, at=place)
        if event.seeded_by and name == _function_in(event.what) and _is_none(_keyword(call, event.seeded_by)):
            return described((_with_argument(unit, call, event.seeded_by, "0"),), units, at=place)
    if event.source == "torch" and event.what == "torch seed":
        return Remedy(text="torch.manual_seed(0) instead of a seed from the operating system's entropy")
    if event.stream not in _GLOBAL_SEEDS:
        return Remedy(text=f"give {event.what} a seed")
    return _seed_global(event, subject_path, units)


def _function_in(what: str) -> str:
    """The name by which a function is called: ``scipy Halton.__init__`` is called as ``Halton``."""
    *_, owner, name = ["", *what.rpartition(" ")[2].split(".")]
    return owner if name == "__init__" else name


def remedies_for_order(candidate: Candidate, units: Sequence[Unit]) -> tuple[Remedy, ...]:
    """What to write instead of an order made of a set, or of a number made by hash(): the plainest first."""
    if candidate.kind == "hash":
        return (_stable_hash(candidate.place, units),)
    if candidate.kind == "sets":
        return (Remedy(text="make sorted lists of the sets before: .map(sorted)"),)
    if not candidate.remedies:
        return (Remedy(text="choose the member by a rule: min(...), or sorted(...)[0]"),)
    return tuple(described((edit,), units, at=candidate.place) for edit in candidate.remedies)


def _stable_hash(place: Place, units: Sequence[Unit]) -> Remedy:
    """A checksum of the argument's repr; the line stays where it is, so that the trial's other lines do too."""
    for unit, call in _calls_at(place, units):
        text = ast.get_source_segment(unit.text, call.args[0]) if len(call.args) == 1 else None
        if callee(call) == "hash" and text is not None:
            checksum = replace_node(unit, call, f"zlib.crc32(repr({text}).encode())")
            return described((*_importing("zlib", unit), checksum), units, at=place)
    return Remedy(text="use a hash that does not depend on PYTHONHASHSEED, as zlib.crc32(text.encode())")


def _importing(module: str, unit: Unit) -> tuple[Edit, ...]:
    """The import of a module in front of the unit's first own statement."""
    tree = parse(unit)
    body = tree.body if tree is not None else []
    if any(isinstance(node, ast.Import) and module in [alias.name for alias in node.names] for node in body):
        return ()
    own = [node for node in body if not (_is_text(node) or _is_future(node))]
    place = next((node for node in own if not isinstance(node, _COMPOUND)), own[0])
    return (_before(place, unit, f"import {module}"),)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


_LISTERS = frozenset({"glob", "iglob", "iterdir", "listdir", "rglob"})
_WORDS: Mapping[FactorName, str] = {
    "listing": "sort what is listed before it is used; with os.walk folders.sort()",
    "rows": "end the query with ORDER BY over columns that are unique together",
    "clock": "take the time from a parameter, and bound loops by counts",
    "pid": "use a number that is written down instead of the process id",
    "timezone": "give the zone: datetime.fromtimestamp(stamp, tz=timezone.utc)",
    "locale": "do without the machine's locale, or set the data's own by name",
    "cpus": "write the number down instead of asking the machine",
    "variables": "make it a parameter, or write it down; what a run needs from the environment is set in its `env`",
    "completion": "take the results in the order of submission",
    "directory": "make paths from the script's own place: Path(__file__).parent",
    "threads": "make it stable (scale, converge), or fix and record the threads",
    "simd": "make it stable: scale the data, let the solver converge",
    "network": "keep a copy in the project, or fetch a pinned version",
}


def remedies_for_read(factor: FactorName, event: Event | None, units: Sequence[Unit]) -> tuple[Remedy, ...]:
    """For a read of the surroundings: edits of the call where there are mechanical ones, else words; never empty."""
    place = event.stack[0].place if event is not None and event.stack else None
    if event is None or place is None:
        return (Remedy(text=_WORDS.get(factor, "")),)
    calls = _calls_at(place, units)
    if factor == "rows":
        driver = event.what.partition(" ")[0]
        edits = ordered_queries(calls, units, driver) or ordered_statements(calls, units)
        return tuple(described((edit,), units, at=place) for edit in edits) or (Remedy(text=_WORDS[factor]),)
    if event.what.endswith(IN_THREADS):
        return (Remedy(text="let each task return its result or fill a place of its own, and put them in order after"),)
    for unit, call in calls:
        new = _in_its_place(factor, unit, call)
        if new is not None:
            return (described((replace_node(unit, call, new),), units, at=place),)
    return (Remedy(text=_WORDS.get(factor, "")),)


def _in_its_place(factor: FactorName, unit: Unit, call: ast.Call) -> str | None:
    """What to write instead of a call that reads what the factor varies."""
    text = ast.get_source_segment(unit.text, call) or ""
    match factor, callee(call):
        case "listing", name if name in _LISTERS:
            return f"sorted({text})"
        case "listing", "scandir":
            return f"sorted({text}, key=lambda entry: entry.name)"
        case "completion", "as_completed" if call.args:
            return ast.get_source_segment(unit.text, call.args[0])
        case "completion", "imap_unordered":
            return text.replace("imap_unordered", "imap", 1)
        case "pid", "getpid":
            return "0"
        case _:
            return None


def _seed_estimators(names: Sequence[str], event: Event, units: Sequence[Unit]) -> Iterator[Remedy]:
    """An integer random_state where the objects that drew are made, or in the call of the function that drew.

    The nearest such call first; then all of them, since one line may fit what several calls make.
    """
    place = event.stack[0].place if event.stack else Place(path="")
    calls = [
        (unit, call)
        for unit in units
        if (tree := parse(unit)) is not None
        for call in _calls(tree)
        if _constructs(call, names, _aliases(tree)) and _is_none(_keyword(call, "random_state"))
    ]
    if calls and "check_random_state" not in names:
        calls.sort(key=lambda pair: _away(pair[0], pair[1], place))
        edits = [_with_argument(unit, call, "random_state", "0") for unit, call in calls]
        yield described(edits[:1], units, at=place)
        if len(edits) > 1:
            yield described(edits, units, at=place)
    else:
        yield Remedy(text=f"give {listed(names)} an integer random_state")


def _aliases(tree: ast.Module) -> Mapping[str, str]:
    """Other names that a file gives to what it imports: ``import X as Y`` and ``Y = X``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=aliases):
                found |= {alias.asname: alias.name for alias in aliases if alias.asname}
            case ast.Assign(targets=[ast.Name(id=new)], value=ast.Name(id=old) | ast.Attribute(attr=old)):
                found[new] = found.get(old, old)
            case _:
                pass
    return found


def _constructs(call: ast.Call, names: Sequence[str], aliases: Mapping[str, str]) -> bool:
    """Whether a call makes an object of one of the classes, or ``partial`` prepares to."""
    called = callee(call)
    if called == "partial" and call.args and isinstance(call.args[0], (ast.Name, ast.Attribute)):
        first = call.args[0]
        called = first.id if isinstance(first, ast.Name) else first.attr
    return called in names or aliases.get(called) in names


def _away(unit: Unit, call: ast.Call, place: Place) -> tuple[bool, bool, int]:
    same = (unit.path, unit.cell) == (place.path, place.cell)
    behind = same and call.lineno > (place.line or 0)
    return (not same, behind, abs(call.lineno - (place.line or 0)))


def _seed_global(event: Event, subject_path: str, units: Sequence[Unit]) -> Remedy:
    """A seed call above the top-level statement that leads to the draw."""
    module, call = _KERAS_SEED if event.what.startswith("keras ") else _GLOBAL_SEEDS[event.stream]
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
    edit = _before(statement, unit, f"import {module}; {path}")
    return Remedy(text=f"{seed}   (before {short_place(edit.place)})", edits=(edit,))


def _before(statement: ast.stmt, unit: Unit, text: str) -> Edit:
    """An edit that puts something in front of a top-level statement."""
    line = statement.lineno
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)) and statement.decorator_list:
        line = min(decorator.lineno for decorator in statement.decorator_list)
    place = Place(path=unit.path, cell=unit.cell, line=line)
    # On the same line where the grammar allows it, so that the lines below keep their numbers.
    end = "\n" if isinstance(statement, _COMPOUND) else "; "
    return Edit(place=place, column=0, end_line=line, end_column=0, text=f"{text}{end}")


def _is_magic(place: Place, units: Sequence[Unit]) -> bool:
    """Whether a line calls an IPython magic: nothing can be put before ``%%time``."""
    unit = unit_at(units, place)
    return unit is not None and place.cell is not None and unit.line(place.line).startswith(("%", "!"))


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


def _with_argument(unit: Unit, call: ast.Call, name: str, value: str) -> Edit:
    """The call with one more argument, or with another value for one that it has."""
    keyword = _keyword(call, name)
    if keyword is not None:
        return replace_node(unit, keyword.value, value)
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    last = max(arguments, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0), default=None)
    argument = f"{name}={value}" if name else value
    if last is None:
        text = ast.get_source_segment(unit.text, call) or ""
        return replace_node(unit, call, f"{text[:-1].rstrip()}{argument})")
    # After the last argument, where a comma and a comment may follow.
    return insert_after(unit, last, f", {argument}")
