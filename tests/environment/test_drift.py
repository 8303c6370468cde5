"""What moved between two environments, and what is no drift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_reprocheck.core.environments import Environment, Origin, Package
from pytest_reprocheck.environment.drift import compare

NUMPY = Package(name="numpy", version="2.1.0")
INDEX = Origin(kind="index", url="https://pypi.org/simple")


def env(*packages: Package, **fields: Any) -> Environment:
    """A complete environment of these packages."""
    return replace(Environment(source="a", kind="live", packages=packages), **fields)


def moved(old: Package | None, new: Package | None) -> list[str]:
    """The kinds of what moved between two environments of at most one package each."""
    return [each.kind for each in compare(env(*filter(None, [old])), env(*filter(None, [new]))).changes]


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        (NUMPY, NUMPY, []),
        (NUMPY, replace(NUMPY, version="2.1"), []),
        (NUMPY, replace(NUMPY, version="2.1.1"), ["changed"]),
        (NUMPY, None, ["removed"]),
        (None, NUMPY, ["added"]),
        (replace(NUMPY, required=False), None, []),
        (replace(NUMPY, version="", specifier=">=2"), NUMPY, []),
        (replace(NUMPY, version="", specifier=">=3"), NUMPY, ["changed"]),
        (replace(NUMPY, version="", specifier=">=2"), replace(NUMPY, version="", specifier=">=3"), ["changed"]),
        (replace(NUMPY, origin=INDEX), NUMPY, []),
        (replace(NUMPY, origin=INDEX), replace(NUMPY, origin=Origin(kind="index", url="https://x")), ["origin"]),
        (replace(NUMPY, origin=INDEX), replace(NUMPY, origin=Origin(kind="directory", url="x")), ["origin"]),
        (
            replace(NUMPY, origin=Origin(kind="directory", url="/a/x")),
            replace(NUMPY, origin=Origin(kind="directory", url="/b/x", editable=True)),
            [],
        ),
        (
            replace(NUMPY, origin=Origin(kind="vcs", url="https://x/y.git", commit="a" * 40)),
            replace(NUMPY, origin=Origin(kind="vcs", url="https://x/y")),
            [],
        ),
        (
            replace(NUMPY, origin=Origin(kind="vcs", url="https://x/y", commit="a" * 40)),
            replace(NUMPY, origin=Origin(kind="vcs", url="https://x/y", commit="b" * 40)),
            ["origin"],
        ),
        (replace(NUMPY, hashes=("sha256:a",)), replace(NUMPY, hashes=("sha256:a", "sha256:b")), []),
        (replace(NUMPY, hashes=("sha256:a",)), replace(NUMPY, hashes=("sha256:b",)), ["hashes"]),
        (replace(NUMPY, hashes=("md5:a",)), replace(NUMPY, hashes=("sha256:b",)), []),
        (replace(NUMPY, contents="x"), replace(NUMPY, contents="y"), ["contents"]),
        (replace(NUMPY, contents="x"), NUMPY, []),
        (replace(NUMPY, manager="pypi", build="1"), replace(NUMPY, build="2"), ["changed"]),
        (Package(name="python", specifier=">=3.11"), Package(name="python", specifier=">=3.12"), []),
        (Package(name="python", specifier=">=3.12"), Package(name="python", version="3.11.7"), ["changed"]),
    ],
)
def test_what_counts_as_moved(old: Package | None, new: Package | None, kinds: list[str]) -> None:
    """Only what both sides tell is compared."""
    assert moved(old, new) == kinds


def test_what_the_subject_imports_comes_first() -> None:
    """Then changed, removed and added packages, by name."""
    old = env(*(Package(name=name, version="1") for name in "abcz"))
    new = env(*(Package(name=name, version="2") for name in "acdz"))
    drift = compare(old, new, imported={"z", "d"})
    assert [(each.kind, each.name, each.imported) for each in drift.changes] == [
        ("changed", "z", True),
        ("added", "d", True),
        ("changed", "a", False),
        ("changed", "c", False),
        ("removed", "b", False),
    ]


def test_a_list_of_what_is_wanted_says_nothing_of_the_rest() -> None:
    """What is installed beside it is no drift; what it asks for and is not there is."""
    wanted = env(NUMPY, complete=False)
    assert not compare(wanted, env(NUMPY, Package(name="scipy", version="1"))).changes
    assert [each.kind for each in compare(wanted, env()).changes] == ["removed"]


def test_the_project_itself_is_not_added_to_a_lock() -> None:
    """Most locks do not name it; a snapshot names all that was installed."""
    own = Package(name="own", version="1", origin=Origin(kind="directory", url="x", editable=True))
    assert not compare(env(kind="uv.lock"), env(own)).changes
    assert [each.kind for each in compare(env(host={"cpu": "A"}), env(own)).changes] == ["added"]


def test_packages_of_conda_count_once() -> None:
    """conda's own record stands for a distribution that it installed; against a lock of PyPI the distribution does."""
    installed = env(
        replace(NUMPY, manager="conda", build="py311_0"), replace(NUMPY, installer="conda"), managers=("conda", "pypi")
    )
    locked = env(replace(NUMPY, manager="conda", build="py311_1"), managers=("conda", "pypi"))
    assert [(each.kind, each.manager) for each in compare(locked, installed).changes] == [("changed", "conda")]
    against_pypi = compare(env(replace(NUMPY, version="2.0")), installed)
    assert [(each.kind, each.manager) for each in against_pypi.changes] == [("changed", "pypi")]
    assert [each.what for each in against_pypi.not_compared] == ["1 packages of a"]


def test_what_cannot_be_decided_is_told() -> None:
    """A folder without a version, and ranges that are not Python's."""
    local = Package(name="mine", origin=Origin(kind="directory", url="x"))
    drift = compare(env(local), env(replace(local, version="1.0")))
    assert (drift.changes, drift.same) == ((), 1)
    assert [each.reason for each in drift.not_compared] == ["a local folder is locked without one"]
    caret = Package(name="python", specifier="^3.10")
    assert [each.reason for each in compare(env(caret), env(Package(name="python", version="3.11"))).not_compared] == [
        "^3.10 is not a range of Python's versions"
    ]


def test_the_machine_is_told_apart_from_packages() -> None:
    """A circumstance that differs is no moved package; a lock, which knows no machine, says nothing."""
    drift = compare(env(host={"cpu": "A", "libc": "1"}), env(host={"cpu": "B", "gpu": "C", "libc": "1"}))
    assert [(each.name, each.before, each.after) for each in drift.host] == [("cpu", "A", "B"), ("gpu", "", "C")]
    assert not drift.moved
    assert compare(env(), env(host={"cpu": "B"})).host == ()
