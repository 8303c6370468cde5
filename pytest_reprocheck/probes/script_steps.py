"""Runs a script as ``python file.py`` or ``python -m module`` would, each top-level statement a step.

The whole module stays one code object, as Python has it; a call that marks the step stands before each statement, on
the statement's own line. Where the source cannot be parsed it runs as it is, and Python raises its own error.
"""

# Pathlib costs every child milliseconds at its start; callers' frames and hidden instances have no public name.
# ruff: noqa: PTH118, PTH119, PTH120, PTH123, SLF001

from __future__ import annotations

import _ast as ast
import builtins
import sys
from contextlib import suppress
from os import path

from . import figures
from .syntax import parse
from .touched import names_of_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.machinery import ModuleSpec
    from types import CodeType, TracebackType
    from typing import Any

    from .probe import Probe
    from .steps import Steps

_MARKER = "__reprocheck_step_2b5d8e4c91f7__"
_KEPT = ("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__annotations__", "__builtins__")


def run(config: Mapping[str, Any], main: dict[str, Any], probe: Probe | None, steps: Steps | None) -> None:
    """Run the script; whatever it raises comes out with a traceback that begins at its own first frame.

    Args:
        config: child.json.
        main: the namespace of ``__main__``; everything that Python would not put there is removed.
        probe: None where the probes could not be started; the script then runs unobserved.
        steps: the same.
    """
    own = path.dirname(__file__)
    try:
        _execute(config, main, probe, steps)
    except BaseException as error:
        error.__traceback__ = without_own_frames(error.__traceback__, own)
        _finish(probe, steps, main, error)
        raise
    _finish(probe, steps, main, None)


def _finish(probe: Probe | None, steps: Steps | None, main: Mapping[str, Any], error: BaseException | None) -> None:
    """Write how the script ended, its open figures and the end of the last step; a forked child has nothing to say."""
    if probe is None or steps is None or not probe.log.main:
        return
    if error is not None:
        probe.guarded("outcome", _write_outcome)(probe, error)
    probe.guarded("figures", figures.record)(probe)
    probe.guarded("state", steps.end)(_variables(main), main, last=True)


def _execute(config: Mapping[str, Any], main: dict[str, Any], probe: Probe | None, steps: Steps | None) -> None:
    for name in [name for name in main if name not in _KEPT]:
        del main[name]
    main["__doc__"] = None
    if "__annotations__" in main:
        main["__annotations__"] = {}
    args = [str(argument) for argument in config.get("args") or ()]
    module = config.get("module")

    def compiled(source: bytes, file: str) -> CodeType:
        return _compiled(source, file, probe, steps, main)

    if module is not None:
        sys.orig_argv[1:] = ["-m", str(module), *args]
        sys.argv[:] = ["-m", *args]
        _run_module(str(module), compiled)
        return
    file = path.join(path.realpath(config["root"]), config["path"])
    sys.orig_argv[1:] = [file, *args]
    sys.argv[:] = [file, *args]
    exec(compiled(_read(file), file), _as_script(file, main))  # noqa: S102  (running the script is the purpose)


def without_own_frames(traceback: TracebackType | None, own: str) -> TracebackType | None:
    """The traceback from the first frame on that is not the probes' own."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(own):
        traceback = traceback.tb_next
    return traceback


def _as_script(file: str, main: dict[str, Any]) -> dict[str, Any]:
    """What Python puts into ``__main__`` and on ``sys.path`` for ``python file.py``."""
    from importlib.machinery import SourceFileLoader

    if not sys.flags.safe_path:
        sys.path.insert(0, path.dirname(file))
    main["__loader__"] = SourceFileLoader("__main__", file)
    main["__file__"] = file
    main["__cached__"] = None
    return main


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        sys.stderr.write(f"{sys.executable}: can't open file {file!r}: [Errno {error.errno}] {error.strerror}\n")
        raise SystemExit(2) from None


def _run_module(name: str, compiled: Callable[[bytes, str], CodeType]) -> None:
    """Let ``runpy`` do what ``python -m`` has it do, with the module's code compiled by us."""
    import runpy

    if not sys.flags.safe_path:
        sys.path.insert(0, path.realpath("."))
    plain = runpy._get_module_details  # type: ignore[attr-defined]

    def details(*args: Any) -> tuple[str, ModuleSpec, CodeType]:
        found_name, spec, code = plain(*args)
        # For a package this is called once more, from inside, for its ``__main__``.
        if runpy._get_module_details is not plain:  # type: ignore[attr-defined]
            runpy._get_module_details = plain  # type: ignore[attr-defined]
            if spec.origin is not None and spec.origin.endswith(".py"):
                code = compiled(_read(spec.origin), spec.origin)
        return found_name, spec, code

    runpy._get_module_details = details  # type: ignore[attr-defined]
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def _compiled(source: bytes, file: str, probe: Probe | None, steps: Steps | None, main: Mapping[str, Any]) -> CodeType:
    """The code of the whole module, with the steps marked where the source can be parsed."""
    statements: list[tuple[int, frozenset[str]]] = []
    code = None
    if probe is not None and steps is not None:
        with suppress(SyntaxError, ValueError):
            tree = parse(source, file)
            statements = _mark_statements(tree)
            code = compile(tree, file, "exec", dont_inherit=True)
    if code is None or probe is None or steps is None:
        return compile(source, file, "exec", dont_inherit=True)
    known = probe.frames.source(file)
    where = path.basename(file) if known is None else known.path

    def mark(index: int) -> None:
        steps.end(_variables(main), main)
        line, names = statements[index]
        steps.start({"path": where, "cell": None, "line": line}, names, main)

    probe.replace(builtins, _MARKER, probe.guarded("steps", mark))
    return code


def _mark_statements(tree: ast.Module) -> list[tuple[int, frozenset[str]]]:
    """Put a marker before each statement; gives each one's line and names in the order of the markers' numbers."""
    first = 1 if tree.body and _is_text(tree.body[0]) else 0
    for position, statement in enumerate(tree.body):
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            first = position + 1
    statements: list[tuple[int, frozenset[str]]] = []
    marked = tree.body[:first]
    for statement in tree.body[first:]:
        start = min([statement, *getattr(statement, "decorator_list", [])], key=lambda node: int(node.lineno))
        marked += [_marker(start, len(statements)), statement]
        statements.append((start.lineno, names_of_tree(statement)))
    tree.body = marked
    return statements


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a string alone, as docstrings are."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _marker(start: ast.stmt | ast.expr, index: int) -> ast.stmt:
    place: Any = {name: getattr(start, name) for name in start._attributes}
    function = ast.Name(id=_MARKER, ctx=ast.Load(), **place)
    call = ast.Call(func=function, args=[ast.Constant(value=index, **place)], keywords=[], **place)
    return ast.Expr(value=call, **place)


def _variables(main: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in main.items() if not name.startswith("_")}


def _write_outcome(probe: Probe, error: BaseException) -> None:
    """Write an exception that reached the top (``core.trace.Outcome``)."""
    import traceback

    if isinstance(error, SystemExit):
        if error.code is None or error.code == 0:
            return
        code = error.code if isinstance(error.code, int) else 1
        message = f"exit code {code}" if isinstance(error.code, int) else str(error.code)
        outcome = {"status": "exited", "message": message, "detail": "", "exit_code": code & 0xFF}
    else:
        last = traceback.format_exception_only(type(error), error)[-1].strip()
        detail = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        outcome = {"status": "raised", "message": last.splitlines()[0], "detail": detail, "exit_code": 1}
    probe.log.write({"type": "outcome", **outcome, "place": _place(probe, error)})


def _place(probe: Probe, error: BaseException) -> dict[str, Any] | None:
    """The user's innermost line of the traceback."""
    found = None
    entry = error.__traceback__
    while entry is not None:
        source = probe.frames.source(entry.tb_frame.f_code.co_filename)
        if source is not None:
            found = probe.frames.place(source, entry.tb_lineno)
        entry = entry.tb_next
    if found is None and isinstance(error, SyntaxError) and error.filename is not None:
        source = probe.frames.source(error.filename)
        return None if source is None else probe.frames.place(source, error.lineno)
    return found
