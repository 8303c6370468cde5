"""What moved between two environments: packages by name, version, origin and files, and the machine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from pytest_reprocheck.core.environments import (
    PYTHON,
    Change,
    ChangeKind,
    Drift,
    Environment,
    HostChange,
    Manager,
    Package,
)
from pytest_reprocheck.core.trace import NotCompared

_ORDER: tuple[ChangeKind, ...] = ("changed", "removed", "added", "origin", "hashes", "contents")
_Key = tuple[Manager, str]


def compare(before: Environment, after: Environment, imported: Collection[str] = ()) -> Drift:
    """What moved.

    Args:
        before: the older environment.
        after: the newer one.
        imported: canonical names of the distributions that the subject imports, which are told first.
    """
    told = [*before.not_compared, *after.not_compared]
    olds, news = _comparable(before, after, told), _comparable(after, before, told)
    changes = []
    same = 0
    for key in sorted({*olds, *news}):
        old, new = olds.get(key), news.get(key)
        kind = _kind(old, new, before, after)
        if kind is not None:
            is_imported = key[1] in imported
            changes.append(Change(kind=kind, name=key[1], manager=key[0], before=old, after=new, imported=is_imported))
        elif old is not None and new is not None:
            told.extend(_open(old, new))
            same += 1
    return Drift(
        before=before.source,
        after=after.source,
        changes=tuple(sorted(changes, key=lambda each: (not each.imported, _ORDER.index(each.kind), each.name))),
        host=tuple(_moved(before.host, after.host)),
        same=same,
        not_compared=tuple(dict.fromkeys(told)),
    )


def _comparable(own: Environment, other: Environment, told: list[NotCompared]) -> Mapping[_Key, Package]:
    """The packages that the other side can speak of too; those of conda count once where both sides know conda."""
    both_conda = "conda" in own.managers and "conda" in other.managers
    found = {}
    left_out = 0
    for package in own.packages:
        if package.manager not in other.managers:
            left_out += 1
        elif not (both_conda and package.installer == "conda" and package.manager == "pypi"):
            found[package.manager, package.name] = package
    if left_out:
        reason = f"{other.source} does not speak of conda's packages"
        told.append(NotCompared(what=f"{left_out} packages of {own.source}", reason=reason))
    return found


def _kind(old: Package | None, new: Package | None, before: Environment, after: Environment) -> ChangeKind | None:
    if new is None:
        return "removed" if old is not None and old.required and after.complete else None
    if old is None:
        # Most locks do not name the project that they are for, which is installed in place.
        is_own = new.origin.editable and not before.host
        return "added" if new.required and before.complete and not is_own else None
    if not _same_version(old, new) or (old.build and new.build and old.build != new.build):
        return "changed"
    if _other_origin(old, new):
        return "origin"
    if _other_hashes(old, new):
        return "hashes"
    return "contents" if old.contents and new.contents and old.contents != new.contents else None


def _same_version(old: Package, new: Package) -> bool:
    """Whether versions are equal, or one is what the other side allows; unknown ones are told by ``_open``."""
    if old.version and new.version:
        return _version(old.version) == _version(new.version)
    if old.version or new.version:
        fixed, allowed = (old.version, new.specifier) if old.version else (new.version, old.specifier)
        return _allows(allowed, fixed) is not False
    # Which interpreters two locks are made for is no drift; which of them is used is.
    return old.specifier == new.specifier or old.name == PYTHON


def _allows(specifier: str, version: str) -> bool | None:
    """Whether a version is allowed; None where the two cannot be read as Python's versions."""
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def _version(text: str) -> Version | str:
    """A version in its normal form, so that ``1.0`` is ``1.0.0``; conda has some that are no versions of Python's."""
    try:
        return Version(text)
    except InvalidVersion:
        return text


def _other_origin(old: Package, new: Package) -> bool:
    """Whether both sides say where a package comes from, and it is not the same."""
    one, two = old.origin, new.origin
    if not one.kind or not two.kind:
        return False
    if one.kind != two.kind:
        return True
    if one.commit and two.commit and one.commit != two.commit:
        return True
    return one.kind != "directory" and one.url.removesuffix(".git") != two.url.removesuffix(".git")


def _other_hashes(old: Package, new: Package) -> bool:
    """Whether no archive that one side allows is allowed by the other; a lock may name more of them."""
    known = {each.partition(":")[0] for each in old.hashes} & {each.partition(":")[0] for each in new.hashes}
    ones, twos = ({each for each in package.hashes if each.partition(":")[0] in known} for package in (old, new))
    return bool(known) and not ones & twos


def _open(old: Package, new: Package) -> Iterator[NotCompared]:
    """What could not be decided about two packages that count as the same."""
    if old.version and new.version:
        return
    fixed, other = (old, new) if old.version else (new, old)
    if not fixed.version:
        if not fixed.specifier and fixed.name != PYTHON:
            yield NotCompared(what=f"the version of {fixed.name}", reason="neither side says it")
    elif not other.specifier:
        if other.origin.kind == "directory":
            yield NotCompared(what=f"the version of {fixed.name}", reason="a local folder is locked without one")
    elif _allows(other.specifier, fixed.version) is None:
        reason = f"{other.specifier} is not a range of Python's versions"
        yield NotCompared(what=f"{fixed.name} {fixed.version}", reason=reason)


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[HostChange]:
    """Circumstances that differ, where both sides tell of the machine at all."""
    if before and after:
        for name in sorted({*before, *after}):
            if before.get(name, "") != after.get(name, ""):
                yield HostChange(name=name, before=before.get(name, ""), after=after.get(name, ""))
