"""Values and traces as a run would have left them, built from plain Python and numpy objects."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from pytest_reprocheck.compare.comparators import compare_values
from pytest_reprocheck.compare.judging import Context, Judgement
from pytest_reprocheck.compare.normalise import Own
from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect, Call, Observation, Outcome, Place, Step, Trace
from pytest_reprocheck.core.values import Array, Display, Image, Items, Object, Opaque, Scalar, Table, Text, Value

FINISHED = Outcome(status="finished")


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def scalar(value: object, kind: str | None = None) -> Scalar:
    """A single value; ``kind`` names another type than Python's."""
    name = kind or type(value).__name__
    return Scalar(type=name, text=repr(value), digest=_digest(name, repr(value)))


def text(content: str, mime: str = "text/plain") -> Text:
    """Text that was printed or displayed."""
    return Text(text=content, mime=mime, digest=_digest(mime, content))


def items(values: Sequence[Value], kind: str = "list", *, length: int | None = None, more: str = "") -> Items:
    """A list or set; ``length`` and ``more`` stand for members that were not kept."""
    members = tuple(values)
    digests = [value.digest for value in members]
    count = len(members) if length is None else length
    digest = _digest(kind, digests, count, more)
    return Items(type=kind, length=count, keys=None, values=members, digest=digest)


def names(*members: str) -> Items:
    """A list of strings."""
    return items([scalar(member) for member in members])


def mapping(entries: dict[Any, Value], kind: str = "dict") -> Items:
    """A dict in its order."""
    keys, values = tuple(scalar(key) for key in entries), tuple(entries.values())
    digest = _digest(kind, [(key.digest, value.digest) for key, value in zip(keys, values, strict=True)])
    return Items(type=kind, length=len(values), keys=keys, values=values, digest=digest)


def thing(kind: str, *, complete: bool = True, more: str = "", **fields: Value) -> Object:
    """An object; ``more`` stands for attributes that were not kept."""
    digest = _digest(kind, sorted((name, value.digest) for name, value in fields.items()), more)
    return Object(type=kind, fields=dict(sorted(fields.items())), digest=digest, complete=complete)


def display(**forms: Value) -> Display:
    """An output in several forms; ``text_html`` stands for ``text/html``."""
    named = {name.replace("_", "/", 1).replace("__", "+"): form for name, form in forms.items()}
    return Display(forms=named, digest=_digest(sorted((name, form.digest) for name, form in named.items())))


def opaque(kind: str = "m.Lock", *, digest: str | None = None) -> Opaque:
    """Something that cannot be told in full."""
    return Opaque(type=kind, reason="no canonical form", digest=digest)


def own_of(root: str) -> Own:
    """A run's folders, the one for temporary files beside the project."""
    return Own(root=root, scratch=str(Path(root).parent / "tmp")) if root else Own()


@dataclass(frozen=True)
class Lab:
    """A folder of blobs, and the comparison of values whose data lie there."""

    blobs: Path

    def array(self, data: npt.ArrayLike, *, kept: bool = True) -> Array:
        """A numpy array; without its data when it was too large to keep."""
        elements: npt.NDArray[Any] = np.asarray(data)
        digest = _digest(elements.dtype.str, elements.shape, elements.tobytes())
        blob = f"{digest}.npy"
        np.save(self.blobs / blob, elements, allow_pickle=False)
        dtype = elements.dtype.str if elements.dtype.names is None else str(elements.dtype.descr)
        return Array(dtype=dtype, shape=elements.shape, digest=digest, blob=blob if kept else None)

    def objects(self, members: Sequence[object]) -> Array:
        """An array of Python objects."""
        reprs = [repr(member) for member in members]
        digest = _digest("object", reprs)
        (self.blobs / f"{digest}.json").write_text(json.dumps(reprs), encoding="utf-8")
        return Array(dtype="object", shape=(len(reprs),), digest=digest, blob=f"{digest}.json")

    def table(
        self,
        columns: Sequence[tuple[str, npt.ArrayLike]],
        *,
        index: npt.ArrayLike | None = None,
        kind: str = "pandas.DataFrame",
        kept: bool = True,
    ) -> Table:
        """A data frame; columns may share a name."""
        data = tuple(self.array(values, kept=kept) for _name, values in columns)
        dtypes = tuple(np.asarray(values).dtype.name for _name, values in columns)
        labels = None if index is None else self.array(index)
        shown = tuple(name for name, _values in columns)
        digest = _digest(kind, shown, dtypes, [column.digest for column in data], labels and labels.digest)
        return Table(type=kind, columns=shown, data=data, dtypes=dtypes, index=labels, digest=digest)

    def image(self, pixels: npt.ArrayLike, *, comment: str = "", kept: bool = True) -> Image:
        """A PNG picture of height x width x RGB; the comment changes its bytes alone."""
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Comment", comment)
        buffer = io.BytesIO()
        Pillow.fromarray(np.asarray(pixels, dtype=np.uint8)).save(buffer, "png", pnginfo=info)
        return self.encoded(buffer.getvalue(), kept=kept)

    def encoded(self, content: bytes, mime: str = "image/png", *, kept: bool = True) -> Image:
        """A picture, or pages, of these bytes."""
        digest = hashlib.sha256(content).hexdigest()
        (self.blobs / f"{digest}.png").write_bytes(content)
        return Image(mime=mime, digest=digest, blob=f"{digest}.png" if kept else None)

    def compare(
        self,
        a: Value,
        b: Value,
        *,
        aspect: Aspect = "outputs",
        what: str = "stdout",
        tolerance: Tolerance | None = None,
        roots: tuple[str, str] = ("", ""),
        rules: tuple[FieldRule, ...] = (),
    ) -> Judgement | None:
        """The judgement of the table of comparators."""
        context = Context(
            a_blobs=self.blobs,
            b_blobs=self.blobs,
            a_own=own_of(roots[0]),
            b_own=own_of(roots[1]),
            tolerance=tolerance or Tolerance(),
            aspect=aspect,
            what=what,
            rules=rules,
        )
        return compare_values(a, b, context)

    def judged(self, a: Value, b: Value, **options: Any) -> tuple[str, str]:
        """Sameness and note; both empty for identical values."""
        judgement = self.compare(a, b, **options)
        return ("identical", "") if judgement is None else (judgement.sameness.value, judgement.note)


def observation(
    seq: int,
    value: Value,
    *,
    what: str = "stdout",
    aspect: Aspect = "outputs",
    step: int | None = 0,
    line: int | None = None,
    about: str = "",
) -> Observation:
    """A fact of a script's step, or of a call in one line of it."""
    stack = (Call(place=Place(path="train.py", line=line), function="<module>"),) if line is not None else ()
    return Observation(seq=seq, aspect=aspect, what=what, step=step, stack=stack, value=value, about=about)


def trace(
    *observations: Observation, steps: int = 1, outcome: Outcome = FINISHED, blobs: str = "", root: str = ""
) -> Trace:
    """A script's run; step N stands in line 10 * (N + 1)."""
    return Trace(
        conditions=Conditions(seed=1, hash=1, threads=1),
        outcome=outcome,
        seconds=1.0,
        steps=tuple(Step(index=i, place=Place(path="train.py", line=10 * (i + 1))) for i in range(steps)),
        observations=observations,
        facts={"root": root} if root else {},
        blobs=blobs,
    )
