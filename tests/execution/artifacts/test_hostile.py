"""Files that are not what they seem, too large, or no files."""

from __future__ import annotations

import gzip
import io
import os
import socket
import tarfile
import zlib
from pathlib import Path

import pytest

from pytest_reprocheck.core.values import Object, Scalar
from pytest_reprocheck.execution.artifacts import content, observing
from pytest_reprocheck.execution.artifacts.content import of_file
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError
from tests.execution.artifacts.bench import Bench
from tests.execution.artifacts.samples import csv_text, tarred, zipped


def reason(bench: Bench, name: str, data: bytes) -> str:
    """Why a file is compared by its bytes; empty where it is not."""
    value = bench.read("a", name, data)
    if not (isinstance(value, Object) and value.type == "bytes"):
        return ""
    told = value.fields["reason"]
    assert isinstance(told, Scalar)
    return told.text


@pytest.mark.parametrize("name", ["bomb.gz", "bomb.zip", "bomb.joblib", "bomb.tar.gz"])
def test_what_expands_without_end_is_given_up(bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files that are enormous inside take no more room than any other."""
    for module in ("content", "archives"):
        monkeypatch.setattr(f"pytest_reprocheck.execution.artifacts.{module}.DETAIL_LIMIT", 2**20)
    zeros = b"0 " * 2**20
    made = {
        "bomb.gz": lambda: gzip.compress(zeros),
        "bomb.zip": lambda: zipped({"a.txt": zeros}),
        "bomb.joblib": lambda: zlib.compress(zeros),
        "bomb.tar.gz": lambda: gzip.compress(tarred({"a.txt": zeros})),
    }
    assert "more than 1 MiB" in reason(bench, name, made[name]())


def test_a_zip_in_itself_and_an_encrypted_one_are_compared_by_bytes(bench: Bench) -> None:
    """Archives inside archives end, and what takes a password is said."""
    inner = zipped({"a.txt": b"a"})
    for _ in range(8):
        inner = zipped({"inner.zip": inner})
    assert bench.judged("deep.zip", inner, inner) == "identical"
    assert "encrypted" in reason(bench, "secret.zip", zipped({"a.txt": b"a" * 20}, encrypted=True))


def test_names_in_archives_lead_nowhere(bench: Bench, tmp_path: Path) -> None:
    """Members are read in memory: names that lead out of the archive are names."""
    names = {"../../escaped.csv": csv_text(1.5), "/tmp/escaped-absolute.csv": csv_text(2.5)}
    for name, data in (("a.zip", zipped(names)), ("a.tar", tarred(names))):
        assert bench.judged(name, data, data) == "identical"
    assert not list(tmp_path.parent.glob("**/escaped*"))
    assert not Path("/tmp/escaped-absolute.csv").exists()


def test_links_in_a_tar_are_told_by_where_they_lead(bench: Bench) -> None:
    """They are not followed."""

    def linked(goal: str) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = tarfile.SYMTYPE, goal
            archive.addfile(info)
        return buffer.getvalue()

    assert bench.judged("a.tar", linked("/etc/passwd"), linked("/etc/passwd")) == "identical"
    assert "/etc/hosts" in str(bench.compare("a.tar", linked("/etc/passwd"), linked("/etc/hosts")))


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """Pipes, which would wait for a writer, sockets, devices and links."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/hosts")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "link", "folder"):
        with pytest.raises((UnreadableError, OSError)):
            of_file(name, tmp_path / name)
    with pytest.raises(UnreadableError):
        of_file("null", Path("/dev/null"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="No such device"):
            of_file("socket", tmp_path / "socket")


def test_large_files_are_compared_by_bytes(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit nothing is parsed, and the place of the first difference is still told."""
    monkeypatch.setattr(content, "DETAIL_LIMIT", 1000)
    a, b = (b"x,y\n" + b"1,2\n" * 4000 + last for last in (b"1,2\n", b"1,3\n"))
    assert "larger than" in reason(bench, "big.csv", a)
    note = "first difference at byte 12288 or up to 4095 behind"
    assert note in bench.judged("big.csv", a, b)
    assert "size 16008 | 16004" in bench.judged("big.csv", a, b[:-4])


def test_how_much_is_looked_at_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are of numbers and sizes, never of time, so that all runs tell the same."""
    assert (observing.MOST_FILES, observing.MOST_DETAILED, observing.MOST_BYTES) == (10_000, 2_000, 16 * 2**30)
