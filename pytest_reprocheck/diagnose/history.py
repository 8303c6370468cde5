"""What the executions of a live session tell: their order, names without a cell, and the files that they name."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from pytest_reprocheck.core.executions import Execution, SavedCell, Told, is_own, lacking, latest, place_of
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.parsing import python_text


def out_of_order(executions: Sequence[Execution], saved: Sequence[SavedCell]) -> tuple[Told, ...]:
    """Cells of the file that ran before one that stands above them did (again)."""
    ran = {
        place.index: each
        for each in latest(executions)
        if not is_own(each.source) and (place := place_of(each, saved)) is not None
    }
    found = []
    above: tuple[int, Execution] | None = None
    for index in sorted(ran):
        each = ran[index]
        if above is not None and each.number < above[1].number:
            what = f"cell[{index}] ran before cell[{above[0]}] above it did, as {above[1].prompt}"
            found.append(Told(where=each.prompt, what=what))
        if above is None or each.number > above[1].number:
            above = (index, each)
    return tuple(found)


def names_without_cell(
    executions: Sequence[Execution], saved: Sequence[SavedCell], alive: Collection[str]
) -> tuple[Told, ...]:
    """Variables of the session whose value comes from a text that the file does not have any more.

    Args:
        executions: in order.
        saved: the file's code cells.
        alive: names that the session has.
    """
    makers: dict[str, Execution] = {}
    for each in executions:
        makers |= dict.fromkeys(_assigned(each), each)
    missing = {each.execution.number: each for each in lacking(executions, saved)}
    last = {each.number for each in latest(executions)}
    found = []
    for name, maker in sorted(makers.items(), key=lambda item: (item[1].number, item[0])):
        if name not in alive or name.startswith("_"):
            continue
        if maker.number in missing:
            place = missing[maker.number].index
            what = "its cell was deleted, or not saved" if place is None else f"cell[{place}] was edited, or not saved"
        elif maker.number not in last and place_of(maker, saved) is None:
            what = "its cell was edited and run again, and does not make it any more"
        else:
            continue
        found.append(Told(where=maker.prompt, what=f"{name} comes from here, and {what}{_readers(name, saved)}"))
    return tuple(found)


def _readers(name: str, saved: Sequence[SavedCell]) -> str:
    readers = [f"cell[{each.index}]" for each in saved if name in _read(each.source)]
    return f"; {', '.join(readers[:3])} reads it" if readers else ""


def literals(executions: Sequence[Execution]) -> Mapping[str, Execution]:
    """Texts that stand in the code -> the first execution that has them."""
    return {
        node.value: each
        for each in reversed(executions)
        for node in ast.walk(_tree(each.source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 1000
    }


def _assigned(execution: Execution) -> Iterator[str]:
    for node in _outer(_tree(execution.source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case _:
                pass


def _outer(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a cell, without what is inside of functions, classes and comprehensions."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp)
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*inner, ast.GeneratorExp)):
            yield from _outer(child)


def _read(source: str) -> set[str]:
    return {
        node.id for node in ast.walk(_tree(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(python_text(Unit(path="", cell=0, text=source)))
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])
