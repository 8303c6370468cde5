"""The order of rows that user code's queries leave open: said for each query, and permuted where the run asks for it.

Which rows are open is told by the parent, which can parse SQL; the drivers' ways to run a query are in other files.
"""

from __future__ import annotations

from _thread import _local
from contextlib import contextmanager
from zlib import crc32

from .frames import site
from .jsons import dumps, loads
from .records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType
    from typing import Any

    from .probe import Probe
    from .queries import Queries

Keys = dict[str, list[list[str]]]
"""Table, in lower case -> sets of columns that are unique and not NULL."""

_PATIENCE = 30
"""Seconds for an answer. The parent is on this machine and closes the connection when it ends, so the limit only has
to end the wait for one that is stopped; a short one would leave queries alone whenever the machine is busy."""
_MOST_ANSWERS = 2000
_SHOWN = 60
_BITS = 2**64 - 1


@record(frozen=True, kw_only=True, slots=True)
class Choice:
    """Another order of what a statement leaves open."""

    sql: str
    """What to run instead, where that gives another order; else the user's own."""
    shuffle: bool
    """Whether the rows are to be shuffled once they are fetched."""


class UnansweredError(Exception):
    """The parent cannot be asked."""


class Rows:
    """What one process knows of its queries."""

    def __init__(self, probe: Probe, told: Queries | None = None) -> None:
        self.probe = probe
        self.told = told
        """What tells of the rows that queries give, where that is wanted."""
        self.number: int = (probe.config.get("conditions") or {}).get("rows", 0)
        self._socket = str(probe.config.get("queries") or "")
        self._answers: dict[str, dict[str, Any]] = {}
        self._problem = ""
        self._measured = False
        self._local = _local()
        self.measurements: dict[str, Callable[[], None]] = {}
        """By dialect what measures whether rows come permuted, at the first query that leaves some open: a kernel
        imports ``sqlite3`` for its own history, and most notebooks ask nothing of it."""
        self.permuted = probe.guarded("row order", self._permuted)
        """The ``Choice`` for a statement, or None to run it as it is: takes the calling frame, dialect, statement, the
        driver's name, a function that gives the unique columns of tables, and whether the driver can shuffle."""

    def measure(self, run: Callable[[str], Sequence[Any]], dialect: str) -> None:
        """Say once whether rows come permuted, by a query on rows of this probe's own.

        Args:
            run: runs a query on a table ``reprocheck`` with a column ``v`` that holds 0 to 7.
            dialect: the engine's.
        """
        if self._measured or not self.probe.log.main:
            return
        self._measured = True
        sql = "SELECT v FROM reprocheck"
        try:
            answer = self.answer(dialect, sql, {}, ordered=False)
        except UnansweredError:
            return
        values = [row[0] for row in run(answer["sql"] if self.number else sql)]
        self._say("rows", "permuted" if values != sorted(values) else "as-is")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A driver runs a statement: what it runs by means of another driver is its own."""
        before = getattr(self._local, "inside", False)
        self._local.inside = True
        try:
            yield
        finally:
            self._local.inside = before

    def asks(self, statement: object) -> bool:
        """Whether a statement is to be looked at; most that are run many times only write."""
        if type(statement) is not str or not self.probe.watching or getattr(self._local, "inside", False):
            return False
        lower = statement.lower()
        return "select" in lower or "from" in lower

    def failed(self, driver: str, error: BaseException) -> None:
        """The permuted statement raised, and the user's own did not."""
        reason = f"the permuted statement failed: {type(error).__name__}: {error}"
        self.probe.not_compared(f"other orders of rows of a query through {driver}", reason)

    def problem(self, reason: str) -> None:
        """Say once why queries of this process are left as they are."""
        if not self._problem:
            self._problem = reason
            self._say("rows problem", reason)

    def answer(self, dialect: str, sql: str, keys: Keys, *, ordered: bool) -> dict[str, Any]:
        """What the parent says of a statement; raises UnansweredError where it does not."""
        # A number of its own for every statement: one that by chance changes nothing here changes something there.
        number = crc32(f"{self.number} {sql}".encode())
        question = {"dialect": dialect, "sql": sql, "keys": keys, "ordered": ordered, "number": number}
        text = dumps(question)
        known = self._answers.get(text)
        if known is None:
            if self._problem:
                raise UnansweredError
            try:
                known = _ask(self._socket, text)
            except (OSError, ValueError) as error:
                self.problem(f"the questions about queries are not answered: {type(error).__name__}: {error}")
                raise UnansweredError from None
            if len(self._answers) < _MOST_ANSWERS:
                self._answers[text] = known
        return known

    def _say(self, fact: str, text: str) -> None:
        self.probe.log.write({"type": "facts", "facts": {fact: text}})

    def _permuted(
        self,
        frame: FrameType,
        dialect: str,
        sql: str,
        driver: str,
        keys: Callable[[list[str]], tuple[Keys, bool]],
        *,
        shuffles: bool = False,
    ) -> Choice | None:
        origin = self.probe.origin(frame)
        if origin is None:
            return None
        try:
            answer = self.answer(dialect, sql, {}, ordered=False)
            if answer["kind"] not in ("none", "unknown") and not (answer["catalogue"] and origin.library):
                known, ordered = keys(answer["tables"])
                if known or ordered:
                    answer = self.answer(dialect, sql, known, ordered=ordered)
        except UnansweredError:
            return None
        if answer["kind"] == "none" or (answer["catalogue"] and origin.library):
            return None
        if not self._measured and dialect in self.measurements:
            self.measurements[dialect]()
        what = f"{driver} {' '.join(sql.split())[:_SHOWN]}"
        stack = self.probe.frames.stack(origin.user)
        self.probe.event_at("rows", f"rows@{site(stack)}", what, stack)
        if not self.number or not self.probe.varies("rows", site(stack)):
            return None
        shuffle = shuffles and bool(answer["problem"]) and bool(answer["shuffle"])
        if answer["problem"] and not shuffle and self.probe.first_time("rows", what, site(stack)):
            self.probe.not_compared(f"other orders of rows of {what} at {site(stack)}", answer["problem"])
        return Choice(sql=answer["sql"], shuffle=shuffle) if shuffle or answer["sql"] != sql else None


def mixed(number: int, place: int) -> int:
    """A number for a row at a place, by which rows stand in a permutation; of 63 bits, as databases have integers."""
    value = number * 0x9E3779B97F4A7C15 + place * 0xBF58476D1CE4E5B9 & _BITS
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ value >> shift) * factor & _BITS
    return value >> 1


def _ask(path: str, question: str) -> dict[str, Any]:
    # The C module's sockets: Python's may be replaced to keep a run from the network.
    from _socket import AF_UNIX, SOCK_STREAM, socket

    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(_PATIENCE)
        connection.connect(path)
        connection.sendall(question.encode() + b"\n")
        received = b""
        while not received.endswith(b"\n"):
            part = connection.recv(65536)
            if not part:
                raise ConnectionError("the connection was closed")
            received += part
        found: dict[str, Any] = loads(received.decode())
        return found
    finally:
        connection.close()
