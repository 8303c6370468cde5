"""Values of a trace as a record has them: digests, and rounded numbers where those are no rows of somebody's data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pytest_reprocheck.core.records import Part, Told
from pytest_reprocheck.core.values import Array, Display, Image, Items, Object, Opaque, Scalar, Table, Text, Value
from pytest_reprocheck.records.leaves import Leaf, array_of, key_text, leaves, number_of, text_of, texts_of
from pytest_reprocheck.records.numbers import DIGITS, grids, lines, short_digest, shown
from pytest_reprocheck.records.pictures import pixels_digest, tile_codes
from pytest_reprocheck.records.words import is_known, shown_names

Shown = Literal["always", "results", "never"]
"""Which numbers are kept in clear: all, those that are no values of the data, none."""
_SETTING = re.compile(r"[a-z][a-z0-9_+.-]{0,30}")
MOST_PARTS = 120
"""Parts of one value that are told apart; the others share one digest."""
MORE = "(more)"
MOST_LINES = 100
"""Lines of a text that are told apart."""
_MOST_SAID = 6
"""Numbers of a line that says results."""
_LEAST_ROWS = 16
"""Rows of a block, at least: of fewer a digest would tell too much."""
_MOST_BLOCKS = 32
_MOST_ROWS = 200_000
"""Rows of which a digest in whatever order is made."""
_SMALL = 100
"""Integers up to here are no ids: codes, counts, labels."""
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d{1,4})?(?!\w|\.\w)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """How texts and pictures are read so that what means nothing is not in them."""

    text: Callable[[str, str], str] = lambda text, _mime: text
    """A text of a mime type without addresses, durations, temporary paths, generated ids."""
    document: Callable[[bytes], str | None] = lambda _content: None
    """An encoded document as text, without its dates; None for what cannot be read."""
    frames: Callable[[bytes], Sequence[npt.NDArray[Any]] | None] = lambda _content: None
    """The decoded pictures of a file; None for what cannot be decoded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What telling a value takes besides it."""

    blobs: Path | None
    """The folder of the run's array data."""
    known: frozenset[str] = frozenset()
    """Words that may be shown."""
    data: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """All numbers of the data that models were given, sorted."""
    clear: bool = False
    """Whether the user wants to see everything."""
    plain: Plain = field(default_factory=Plain)
    """Texts and pictures without what means nothing."""
    prints: bool = False
    """Whether numbers that are no values of the data may be shown where they are printed."""
    skipped: Callable[[str], bool] = lambda _name: False
    """Names of what is no result: durations of fits, counts of workers."""
    numbers: Shown = "results"
    most: int = 100
    """Numbers of one part that are kept in clear."""
    settings: bool = False
    """Whether names are those of a library's parameters, and texts their values."""
    numbered: bool = False
    """Whether members of a list are told apart by their positions."""
    blocks: bool = False
    """Whether stretches of rows have digests of their own."""


def tell(value: Value, look: Look) -> Told:
    """A value as a record has it."""
    names, are_shown = _names(value)
    masked = names if look.clear or look.settings else shown_names(names, look.known)
    called = dict(zip(names, masked, strict=True))
    groups: dict[str, list[Leaf]] = {}
    renamed = lambda name: called.get(name) or _masked(name, look)  # noqa: E731
    for leaf in leaves(value, renamed, look.skipped, numbered=look.numbered):
        groups.setdefault(leaf.path, []).append(leaf)
    told = [(path, group) for path, group in groups.items() if not all(leaf.setting for leaf in group)]
    kept = told[:MOST_PARTS]
    parts: dict[str, Part] = {}
    for path, group in kept:
        parts |= _parts(path, [leaf.value for leaf in group], look)
    shown = {path for path, _group in kept}
    if rest := [group for path, group in groups.items() if path not in shown]:
        parts[MORE] = _folded([leaf.value for group in rest for leaf in group], len(rest), look)
    return Told(
        type=_type(value),
        digest=_whole(value, names, parts),
        names=masked if are_shown else (),
        names_digest=short_digest(*names) if are_shown else "",
        names_unordered=short_digest(*sorted(names)) if are_shown else "",
        rows=_rows_digest(value, look),
        length=_length(value),
        parts=parts,
    )


def _folded(values: Sequence[Value], count: int, look: Look) -> Part:
    """All of several parts as one, with numbers rounded in both ways."""
    exact = short_digest(*(value.digest or "" for value in values))
    rounded = [_rounded_digests(value, look) for value in values]
    both = tuple(short_digest(*(each[way % len(each)] for each in rounded)) for way in range(2))
    return Part(type=f"{count} parts", digest=exact, grids=both)


def _rounded_digests(value: Value, look: Look) -> tuple[str, ...]:
    array, number = array_of(value, look.blobs), number_of(value)
    if array is None and isinstance(number, float):
        array = np.array([number])
    return (value.digest or "",) if array is None or array.dtype.names is not None else grids(array)


def _whole(value: Value, names: Sequence[str], parts: Mapping[str, Part]) -> str:
    """The digest of a value by its parts, as some of what it holds is left out; empty where one cannot be compared."""
    if not parts or any(not part.digest for part in parts.values()):
        return "" if parts else (value.digest or "")[:32]
    told = [f"{path} {part.type} {part.digest}" for path, part in sorted(parts.items())]
    return short_digest(_type(value), str(_length(value)), *names, "|", *told, size=16)


def _masked(name: str, look: Look) -> str:
    return name if look.clear or look.settings else shown_names([name], look.known)[0]


def _names(value: Value) -> tuple[tuple[str, ...], bool]:
    """The columns of a table, the keys of a mapping, or the members of a list of texts; and whether they are shown."""
    if isinstance(value, Table):
        return value.columns, True
    if isinstance(value, Items) and value.keys is not None:
        return tuple(key_text(key) for key in value.keys), False
    if isinstance(value, Items) and value.values and all(_is_string(each) for each in value.values):
        return tuple(text_of(each) for each in value.values if isinstance(each, Scalar)), True
    return (), False


def _is_string(value: Value) -> bool:
    return isinstance(value, Scalar) and value.type == "str"


def _type(value: Value) -> str:
    match value:
        case Array(dtype=dtype):
            return dtype
        case Text(mime=mime):
            return mime
        case Display():
            return "display"
        case Scalar() | Table() | Items() | Object() | Opaque():
            return value.type
    return value.kind


def _length(value: Value) -> int:
    match value:
        case Array(shape=shape) if shape:
            return shape[0]
        case Table(data=data):
            return data[0].shape[0] if data else 0
        case Items(length=length):
            return length
    return -1


def _rows_digest(value: Value, look: Look) -> str:
    """Of the rows in whatever order."""
    if isinstance(value, Array):
        return (value.rows_digest or value.unordered or "")[:32]
    if not isinstance(value, Table):
        return ""
    if value.rows_digest is not None:
        return value.rows_digest[:32]
    length = _length(value)
    if not 1 < length <= _MOST_ROWS:
        return ""
    columns = [_elements(column, look.blobs) for _name, column in sorted(zip(value.columns, value.data, strict=True))]
    told = [column for column in columns if column is not None]
    if len(told) < len(columns):
        return ""
    return short_digest(*sorted(short_digest(*row) for row in zip(*told, strict=True)), size=16)


def _elements(column: Array, blobs: Path | None) -> list[str] | None:
    numbers = array_of(column, blobs)
    if numbers is not None and numbers.ndim == 1 and numbers.dtype.names is None:
        return [repr(each) for each in numbers.tolist()]
    return texts_of(column, blobs)


def _parts(path: str, group: Sequence[Value], look: Look) -> dict[str, Part]:
    """The part that a group of leaves is; arrays of records are a part for each of their fields."""
    digest = _digest(group)
    arrays = [array_of(value, look.blobs) for value in group]
    found = [array for array in arrays if array is not None]
    if len(found) == len(group) and all(array.dtype.names is not None for array in found):
        names = found[0].dtype.names or ()
        return {f"{path}.{name}": _array_part([array[name] for array in found], "", look) for name in names}
    if found and len(found) == len(group):
        return {path: _array_part(found, digest, look)}
    numbers = [number_of(value) for value in group]
    if all(number is not None for number in numbers):
        return {path: _scalars(group, [number for number in numbers if number is not None], digest, look)}
    if len(group) == 1:
        # What stands in a list may be categories.
        return {path: _single(group[0], digest, replace(look, settings=look.settings and "[" not in path))}
    types = sorted({_type(value) for value in group})
    texts = [value.text for value in group if isinstance(value, Scalar)]
    exact = (short_digest(*texts),) if len(texts) == len(group) else ()
    return {path: Part(type=" | ".join(types[:4]), digest=digest, shape=(len(group),), grids=exact)}


def _digest(group: Sequence[Value]) -> str:
    digests = [value.digest for value in group]
    if None in digests:
        return ""
    return (digests[0] or "")[:16] if len(digests) == 1 else short_digest(*(each or "" for each in digests))


def _single(value: Value, digest: str, look: Look) -> Part:
    match value:
        case Scalar(type="str"):
            text = look.plain.text(text_of(value), "")
            digest = short_digest(text)
            known = look.clear or is_known(text, look.known) or (look.settings and _SETTING.fullmatch(text) is not None)
            return Part(type="str", digest=digest, text=text if known else "", grids=(short_digest(text),))
        case Scalar(type=kind, text=text):
            known = look.clear or text in ("None", "...")
            return Part(type=kind, digest=digest, text=text if known else "", grids=(short_digest(text),))
        case Text(mime=mime, text=text):
            return _text_part(look.plain.text(text, mime), mime, look)
        case Image():
            return _image_part(value, digest, look)
        case Array(dtype=dtype, shape=shape):
            texts = texts_of(value, look.blobs)
            return Part(
                type=dtype,
                digest=digest,
                shape=shape,
                values=_labels(texts, look),
                grids=(short_digest(*texts),) if texts is not None else (),
                blocks=_blocks(texts, look),
            )
        case Opaque(type=kind):
            return Part(type=kind, digest=digest)
    return Part(type=_type(value), digest=digest)


def _labels(texts: Sequence[str] | None, look: Look) -> tuple[str, ...]:
    """Predicted labels as their rank among those that were predicted: which they are is not told."""
    if texts is None or look.numbers != "always":
        return ()
    ranks = {text: rank for rank, text in enumerate(sorted(set(texts)))}
    return lines([ranks[text] for text in texts[:: _step(len(texts), look.most)]])


def _scalars(group: Sequence[Value], numbers: Sequence[float | int | bool], digest: str, look: Look) -> Part:
    kind = " | ".join(sorted({_type(value) for value in group}))
    array = np.array(numbers, dtype=np.float64 if any(isinstance(each, float) for each in numbers) else np.int64)
    if len(numbers) > 1:
        return _array_part([array], digest, look)
    hidden = look.numbers == "never" and not look.clear
    return Part(type=kind, digest=digest, text="" if hidden else shown(numbers[0]), grids=grids(array))


def _array_part(arrays: Sequence[npt.NDArray[Any]], digest: str, look: Look) -> Part:
    whole = arrays[0] if len(arrays) == 1 else np.concatenate([array.reshape(-1) for array in arrays])
    step = _step(whole.size, look.most)
    kept = whole.reshape(-1)[::step]
    values = lines(kept.tolist()) if _may_be_shown(kept, look) else ()
    return Part(
        type=whole.dtype.str,
        digest=digest or short_digest(np.ascontiguousarray(whole).tobytes()),
        shape=whole.shape,
        values=values,
        every=step if values else 1,
        grids=grids(whole),
        blocks=_blocks(whole.tolist() if look.blocks else None, look),
    )


def _step(count: int, most: int) -> int:
    return max(1, -(-count // most))


def _may_be_shown(kept: npt.NDArray[Any], look: Look) -> bool:
    """Whether numbers are results, and no values that stand in the data (support vectors, rows that are remembered)."""
    if look.clear or look.numbers == "always":
        return look.clear or kept.dtype.kind == "f" or bool(np.abs(kept.astype(np.int64)).max(initial=0) <= _SMALL)
    if look.numbers == "never":
        return False
    return _is_no_data(kept.astype(np.float64), look.data)


def _is_no_data(numbers: npt.NDArray[np.float64], data: npt.NDArray[np.float64]) -> bool:
    """Whether no number is one of the data's, small integers apart."""
    telling = np.unique(numbers)
    telling = telling[(np.abs(telling) > _SMALL) | (telling != np.floor(telling))]
    if not telling.size or not data.size:
        return True
    at = np.searchsorted(data, telling).clip(max=data.size - 1)
    return not bool((data[at] == telling).any())


def _blocks(elements: Sequence[Any] | None, look: Look) -> tuple[str, ...]:
    """Digests of stretches of rows, where there is more than one."""
    if not look.blocks or elements is None or len(elements) < 2 * _LEAST_ROWS:
        return ()
    length = block_rows(len(elements))
    edges = [*range(0, len(elements), length), len(elements)]
    return tuple(short_digest(repr(list(elements[first:last])), size=4) for first, last in pairwise(edges))


def block_rows(rows: int) -> int:
    """Rows of a block of a column with so many."""
    return max(_LEAST_ROWS, -(-rows // _MOST_BLOCKS))


def _image_part(image: Image, digest: str, look: Look) -> Part:
    """A picture by its pixels, a document by what it says; what cannot be read by its bytes."""
    try:
        content = (look.blobs / image.blob).read_bytes() if look.blobs is not None and image.blob is not None else b""
    except OSError:
        content = b""
    if not content:
        return Part(type=image.mime, digest=digest)
    if (text := look.plain.document(content)) is not None:
        return _text_part(text, image.mime, look)
    frames = look.plain.frames(content)
    if not frames:
        return Part(type=image.mime, digest=digest)
    return Part(type=image.mime, digest=pixels_digest(frames), shape=frames[0].shape[:2], grids=tile_codes(frames))


def _text_part(text: str, mime: str, look: Look) -> Part:
    """Each line with its numbers rounded in both ways; in clear where the user wants that, or it says a result."""
    told = text.split("\n")
    rest = "\n".join(told[MOST_LINES:])
    return Part(
        type=mime,
        digest=short_digest("\n".join(told)),
        shape=(len(told),),
        grids=tuple(_line_grids(line) for line in (*told[:MOST_LINES], *([rest] if rest else []))),
        values=tuple(told[:MOST_LINES]) if look.clear else _printed(told[:MOST_LINES], look),
    )


def _printed(told: Sequence[str], look: Look) -> tuple[str, ...]:
    """Lines that say results in words of the code, as ``accuracy 0.93``; empty ones for all others."""
    if not look.prints:
        return ()
    shown_lines = [_NUMBER.sub(_rounded, line) if _says_results(line, look) else "" for line in told]
    return tuple(shown_lines) if any(shown_lines) else ()


def _says_results(line: str, look: Look) -> bool:
    """Whether a line has a word and a number, all words are known, and no number is an id or a value of the data."""
    words = _NUMBER.sub(" ", line)
    numbers = np.array([float(found) for found in _NUMBER.findall(line)], dtype=np.float64)
    is_said = 0 < numbers.size <= _MOST_SAID and any(letter.isalpha() for letter in words)
    return is_said and is_known(words, look.known) and _is_no_data(numbers, look.data) and _are_no_ids(numbers)


def _are_no_ids(numbers: npt.NDArray[np.float64]) -> bool:
    return not bool(((np.abs(numbers) > _SMALL) & (numbers == np.floor(numbers))).any())


def _rounded(found: re.Match[str]) -> str:
    """A printed number with as many digits as records keep."""
    text = found[0]
    return shown(float(text)) if len(text) > DIGITS and not text.lstrip("+-").isdigit() else text


def _line_grids(line: str) -> str:
    numbers = np.array([float(found) for found in _NUMBER.findall(line)], dtype=np.float64)
    words = [" ".join(text.split()) for text in _NUMBER.split(line)]
    rounded = grids(numbers[:, None]) if numbers.size else ("",)
    return " ".join(short_digest(each, *words, size=4) for each in rounded)
