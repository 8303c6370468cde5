"""What an update writes, for every face: the records of the subjects that ran, and the lock of the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_reprocheck.core.records import Record
    from pytest_reprocheck.core.subjects import Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What was written, as lines for people."""

    lines: tuple[str, ...]
    failed: bool
    """Whether a record could not be written; an environment that cannot be locked is only told."""


def keeper(subject: Subject, texts: dict[str, str]) -> Callable[[Record], None]:
    """Takes a subject's record into ``texts``, by its path from the root."""
    from pytest_reprocheck.recording import texts_of

    def take(record: Record) -> None:
        path, text = texts_of(record, subject)
        texts[path] = text

    return take


def keep(root: Path, texts: Mapping[str, str]) -> Kept:
    """Write records, and where that went well the lock and the snapshot."""
    from pytest_reprocheck.core.errors import ReprocheckError
    from pytest_reprocheck.locking import lock_into, updating
    from pytest_reprocheck.recording import write_records_into
    from pytest_reprocheck.report.locks import render_locked
    from pytest_reprocheck.report.terminal import render_error

    written: tuple[str, ...] | None = None
    try:
        with updating(root) as folder:
            written = write_records_into(folder, texts)
            told = f"wrote {', '.join(written)}" if written else "no record is another than before"
            if not texts:
                told = "no record was made: no subject ran to its end"
            locked = lock_into(folder, root)
    except ReprocheckError as error:
        what = "nothing was written" if written is None else "records were written, and no lock"
        return Kept(lines=tuple(render_error(f"reprocheck: {error}; {what}").splitlines()), failed=True)
    except OSError as error:
        return Kept(lines=(f"reprocheck: records and lock could not be written: {error}",), failed=True)
    return Kept(lines=(told, *render_locked(locked).splitlines()), failed=False)


def told_between(old: str, new: str) -> tuple[str, bool] | None:
    """What moved from one record to another as text, and whether anything but the machine did; None for other files."""
    from pytest_reprocheck.recording import between, record_at

    before, after = record_at(Path(old), old), record_at(Path(new), new)
    if before is None or after is None:
        return None
    changes = between(before, after)
    lines = [f"{old} -> {new}"]
    for title, moved in (
        ("data", changes.data),
        ("code", changes.code),
        ("packages", changes.packages),
        ("machine and interpreter", changes.host),
    ):
        lines += [title, *(f"  {each.name}: {each.what}" for each in moved)] if moved else []
    effects = [
        f"  {effect.aspect}  {effect.place} {effect.what}: {effect.note or f'{effect.a} -> {effect.b}'}"
        for effect in changes.effects
    ]
    lines += ["results", *effects] if effects else []
    lines += [f"not compared: {each.what}: {each.reason}" for each in changes.not_compared]
    lines.append(f"{len(changes.effects)} results differ, {len(changes.within)} within tolerance")
    return "\n".join(lines), bool(changes.data or changes.code or changes.packages or changes.effects)


def subjects_to_record(root: Path) -> tuple[str, ...]:
    """Absolute paths of the subjects that the configuration declares, or that have a record."""
    from pytest_reprocheck.collecting import Scope, declared_files
    from pytest_reprocheck.config import read_config
    from pytest_reprocheck.recording import recorded_subjects

    declared = declared_files(Scope(root=root, config=read_config(root), invoked_from=root))
    return tuple(sorted({*map(str, declared), *(str(root / path) for path in recorded_subjects(root))}))
