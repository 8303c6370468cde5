"""Faults put into code that has none: a seed taken away, an order lost, a date made today's.

An operator turns one place of a text into what people write there by mistake; the rest of the text keeps its lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

_LISTING = re.compile(r"\b(listdir|scandir|glob|iglob|rglob|iterdir|walk)\(")
_ORDER_BY = re.compile(r"\s+ORDER\s+BY\s+[\w.]+(\s+(ASC|DESC))?(\s*,\s*[\w.]+(\s+(ASC|DESC))?)*", re.IGNORECASE)
_GENERATORS = {"default_rng", "RandomState", "SeedSequence"}
_DATES = {"datetime", "Timestamp", "date"}
_RANGES = {"date_range", "period_range"}
_ELSEWHERE = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Break, ast.Continue)
"""What a loop's body cannot have when it becomes a function."""
_POOL = "import concurrent.futures as _concurrent; _pool = _concurrent.ThreadPoolExecutor(4)"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A text with one fault, and what an audit has to say about it."""

    operator: str
    text: str
    first: int
    """First line of the changed statement, 1-based."""
    last: int
    causes: frozenset[str]
    """Each of them is right."""
    anywhere: bool = False
    """Whether what depends on the fault is elsewhere: the draws after a seed that is gone."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A parsed text whose places can be replaced."""

    text: str
    tree: ast.Module
    starts: tuple[int, ...]
    """Offset of each line, in bytes of UTF-8 as ``ast`` counts columns."""

    def offset(self, line: int, column: int) -> int:
        """The offset of a place in the encoded text."""
        return self.starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Where a node begins and ends."""
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return self.offset(node.lineno, node.col_offset), end

    def code(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text.encode()[start:end].decode()

    def replaced(self, start: int, end: int, new: str) -> str:
        """The text with other characters at a place."""
        data = self.text.encode()
        return (data[:start] + new.encode() + data[end:]).decode()


Operator = Callable[[Source], Iterator[Mutant]]


def mutants(text: str) -> Iterator[Mutant]:
    """Every fault that one of the operators can put into a text, in the order of operators and places.

    Lines of a notebook's cell that are no Python (``%magic``, ``!command``) are left as they are.
    """
    plain = re.sub(r"(?m)^(\s*)[%!].*$", lambda line: line[1] + "0".ljust(len(line[0].encode()) - len(line[1])), text)
    try:
        tree = ast.parse(plain)
    except SyntaxError:
        return
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    source = Source(text=text, tree=tree, starts=tuple(starts))
    for operator in OPERATORS.values():
        yield from operator(source)


def _calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node, name


def _made(source: Source, operator: str, node: ast.expr, new: str, *causes: str, at: ast.expr | None = None) -> Mutant:
    """A mutant with another text for ``node``; its statement is that of ``at``, where that is more."""
    start, end = source.span(node)
    place = at or node
    return Mutant(
        operator=operator,
        text=source.replaced(start, end, new),
        first=place.lineno,
        last=place.end_lineno or place.lineno,
        causes=frozenset(causes),
    )


def random_state(source: Source) -> Iterator[Mutant]:
    """``Model(depth=3, random_state=0)`` becomes ``Model(depth=3)``."""
    for call, _name in _calls(source):
        parts = sorted([*map(source.span, call.args), *map(source.span, call.keywords)])
        for keyword in call.keywords:
            if keyword.arg != "random_state" or getattr(keyword.value, "value", 0) is None:
                continue
            start, end = source.span(keyword)
            before = [stop for _begin, stop in parts if stop < start]
            after = [begin for begin, _stop in parts if begin > end]
            if before:
                start = max(before)
            elif after:
                end = min(after)
            yield Mutant(
                operator="random-state",
                text=source.replaced(start, end, "\n" * _lines(source, start, end)),
                first=call.lineno,
                last=call.end_lineno or call.lineno,
                causes=frozenset({"unseeded-estimator", "unseeded-numpy"}),
            )


def _lines(source: Source, start: int, end: int) -> int:
    return source.text.encode()[start:end].count(b"\n")


def seed(source: Source) -> Iterator[Mutant]:
    """``np.random.seed(0)`` is gone."""
    for statement in ast.walk(source.tree):
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
            continue
        match re.split(r"\.", ast.unparse(statement.value.func)):
            case [*_, "random", "seed"] | ["seed"]:
                causes = {"unseeded-numpy", "unseeded-estimator", "unseeded-random"}
            case [*_, "manual_seed"]:
                causes = {"unseeded-torch"}
            case _:
                continue
        yield Mutant(
            operator="seed",
            text=source.replaced(*source.span(statement), "pass" + "\n" * _lines(source, *source.span(statement))),
            first=statement.lineno,
            last=statement.end_lineno or statement.lineno,
            causes=frozenset(causes),
            anywhere=True,
        )


def generator(source: Source) -> Iterator[Mutant]:
    """``np.random.default_rng(0)`` becomes ``np.random.default_rng()``."""
    for call, name in _calls(source):
        if name in _GENERATORS and (call.args or call.keywords):
            yield _made(source, "generator", call, f"{source.code(call.func)}()", "unseeded-numpy")


def listing(source: Source) -> Iterator[Mutant]:
    """``sorted(folder.glob("*.csv"))`` becomes ``list(folder.glob("*.csv"))``."""
    for call, name in _calls(source):
        if name == "sorted" and len(call.args) == 1 and not call.keywords and _LISTING.search(source.code(call)):
            yield _made(source, "listing", call, f"list({source.code(call.args[0])})", "file-order")


def order_by(source: Source) -> Iterator[Mutant]:
    """``SELECT ... ORDER BY day`` loses its order."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ORDER_BY.search(node.value):
            yield _made(source, "order-by", node, _ORDER_BY.sub("", source.code(node), count=1), "row-order")


def through_set(source: Source) -> Iterator[Mutant]:
    """``["age", "fare", "sex"]`` becomes ``list({"age", "fare", "sex"})``."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.List) or not isinstance(node.ctx, ast.Load) or len(node.elts) < 3:
            continue
        names = [item.value for item in node.elts if isinstance(item, ast.Constant)]
        if len(set(names)) == len(node.elts) and all(isinstance(name, str) for name in names):
            inside = source.code(node)[1:-1]
            yield _made(source, "through-set", node, f"list({{{inside}}})", "hash-order")


def now(source: Source) -> Iterator[Mutant]:
    """``pd.Timestamp("2021-03-01")`` becomes ``pd.Timestamp.now()``; a ``date`` becomes today, a range ends now."""
    for call, name in _calls(source):
        constant = call.args and all(isinstance(item, ast.Constant) for item in call.args)
        if name in _DATES and constant and not call.keywords:
            today = "today" if name == "date" else "now"
            yield _made(source, "now", call, f"{source.code(call.func)}.{today}()", "clock")
        starts = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "start")]
        if name in _RANGES and isinstance(call.func, ast.Attribute) and len(starts) == 1 and _has_length(call):
            pandas = source.code(call.func.value)
            if isinstance(starts[0], ast.Constant) and isinstance(starts[0].value, str):
                yield _made(source, "now", starts[0], f"{pandas}.Timestamp.now()", "clock", at=call)


def _has_length(call: ast.Call) -> bool:
    """Whether a range of dates has its length from elsewhere than its end."""
    return len(call.args) < 2 and {"periods"} <= {keyword.arg for keyword in call.keywords}


def completion(source: Source) -> Iterator[Mutant]:
    """``[f(x) for x in xs]``, or a loop that appends, becomes the results of a pool's tasks as they are completed."""
    for statement in ast.walk(source.tree):
        match statement:
            case ast.Assign(value=ast.ListComp() as made) | ast.Return(value=ast.ListComp() as made):
                yield from _completed_list(source, statement, made)
            case ast.For(target=ast.Name(), orelse=[]):
                yield from _completed_loop(source, statement)


def _completed_list(source: Source, statement: ast.Assign | ast.Return, made: ast.ListComp) -> Iterator[Mutant]:
    loop = made.generators[0]
    if len(made.generators) > 1 or loop.is_async or not isinstance(loop.target, ast.Name):
        return
    if isinstance(made.elt, ast.Call):
        name, tests = loop.target.id, "".join(f" if {source.code(test)}" for test in loop.ifs)
        task = f"lambda {name}={name}: {source.code(made.elt)}"
        tasks = f"[_pool.submit({task}) for {name} in {source.code(loop.iter)}{tests}]"
        done = f"[_task.result() for _task in _concurrent.as_completed({tasks})]"
        start, inner, code = source.span(statement)[0], source.span(made), source.code(statement).encode()
        before, after = code[: inner[0] - start].decode(), code[inner[1] - start :].decode()
        yield _completed(source, statement, f"{_POOL}; {before}{done}{after}")


def _completed_loop(source: Source, loop: ast.For) -> Iterator[Mutant]:
    """The body becomes a function that returns what it appended, and one line more, after the loop, appends that."""
    appends = list(takewhile(bool, (_appended(statement) for statement in reversed(loop.body))))
    pairs = [pair for pair in reversed(appends) if pair]
    rest = loop.body[: len(loop.body) - len(pairs)]
    head, first = source.span(loop)[0], source.offset(loop.body[0].lineno, 0)
    if not pairs or first < head or any(isinstance(node, _ELSEWHERE) for each in rest for node in ast.walk(each)):
        return
    if any(isinstance(each, ast.Expr) for each in rest):
        return  # what acts on something that all tasks share makes a race of it, and not another order alone
    kept = source.text.encode()[first : source.span(loop.body[len(rest)])[0]].decode()
    items = "".join(f"({source.code(item)}), " for _append, item in pairs)
    over, margin = source.code(loop.iter), " " * loop.col_offset
    tasks = f"[_pool.submit(_item, _each) for _each in {over}]"
    each = ", ".join(f"{source.code(append)}(_done[{number}])" for number, (append, _item) in enumerate(pairs))
    lines = [
        f"def _item({source.code(loop.target)}):",
        f"{kept}return ({items})",
        f"{margin}{_POOL}; [({each}) for _done in (_task.result() for _task in _concurrent.as_completed({tasks}))]",
    ]
    yield _completed(source, loop, "\n".join(lines))


def _appended(statement: ast.stmt) -> tuple[ast.Attribute, ast.expr] | None:
    """The method and the item, where a statement does nothing but append an item to something."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append") as append, args=[item], keywords=[])):
            return append, item
    return None


def _completed(source: Source, statement: ast.stmt, new: str) -> Mutant:
    start, end = source.span(statement)
    lines = new.count("\n")
    lost = _lines(source, start, end) - lines
    return Mutant(
        operator="completion",
        text=source.replaced(start, end, new + "\n" * lost),
        first=statement.lineno,
        last=statement.lineno + max(lines, lines + lost),
        causes=frozenset({"completion-order"}),
    )


OPERATORS: Mapping[str, Operator] = {
    "random-state": random_state,
    "seed": seed,
    "generator": generator,
    "listing": listing,
    "order-by": order_by,
    "through-set": through_set,
    "now": now,
    "completion": completion,
}
