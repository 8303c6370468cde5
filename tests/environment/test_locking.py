"""Locking real environments that uv makes, from wheels in a folder: no index is asked."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from pytest_reprocheck.core.environments import canonical
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.environment import pinning, store
from pytest_reprocheck.environment.index_settings import for_uv
from pytest_reprocheck.environment.live import ask
from pytest_reprocheck.environment.pinning import _uv
from pytest_reprocheck.locking import drift, lock, read

META = Path(__file__).parent / "locks_of_tools" / "conda-meta"


def wheel(folder: Path, name: str, version: str, text: str = "") -> Path:
    """A wheel with one module."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", text)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        own = f"{name}.py,sha256={digest},{len(text)}"
        archive.writestr(f"{info}/RECORD", f"{own}\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


Install = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose user has a folder of wheels for an index, and an empty cache."""
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    root = tmp_path / "project"
    (root / "mine").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[tool.uv]\nno-index = true\nfind-links = ["../wheels"]\n')
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.chdir(root)
    for version in ("1.0", "1.1"):
        wheel(tmp_path / "wheels", "alpha", version)
    wheel(tmp_path / "wheels", "Beta_Tool", "2.0")
    return root


@pytest.fixture
def install(project: Path) -> Install:
    """Installs into the project's environment, and gives its interpreter."""
    subprocess.run([_uv(), "venv", "-q", "--python", sys.executable, "env"], check=True)
    python = str(project / "env/bin/python")

    def run(*packages: str, command: str = "install") -> str:
        subprocess.run([_uv(), "pip", command, "-q", "--python", python, *packages], check=True)
        return python

    return run


def test_a_lock_holds_what_is_installed(project: Path, install: Install) -> None:
    """With hashes, from the user's own index settings; a local install is a folder, relative to the lock."""
    (project / "mine/pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
        '[project]\nname = "mine"\nversion = "0.1"\n'
    )
    (project / "mine/own.py").write_text(BACKEND)
    install("alpha==1.0", "beta-tool", "-e", "./mine")
    python = "env/bin/python"
    locked = lock(project, python)
    assert (locked.problem, locked.written) == ("", (".reprocheck/pylock.toml", ".reprocheck/environment.json"))
    data = tomllib.loads((project / ".reprocheck/pylock.toml").read_text())
    found = {each["name"]: each for each in data["packages"]}
    assert sorted(found) == ["alpha", "beta-tool", "mine"]
    assert found["alpha"]["version"] == "1.0"
    assert len(found["alpha"]["wheels"][0]["hashes"]["sha256"]) == 64
    assert found["mine"]["directory"] == {"path": "../mine", "editable": True}
    for file in locked.written:
        assert not drift(file, None, python).moved
    assert str(project) not in (project / ".reprocheck/environment.json").read_text()


BACKEND = textwrap.dedent(
    """
    import pathlib, zipfile

    def build_editable(folder, config_settings=None, metadata_directory=None):
        name = "mine-0.1-py3-none-any.whl"
        info = "mine-0.1.dist-info/"
        with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
            archive.writestr("mine.pth", str(pathlib.Path.cwd()))
            archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: mine\\nVersion: 0.1\\n")
            archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
            archive.writestr(info + "RECORD", "")
        return name
    """
)


def test_an_upgrade_is_seen(project: Path, install: Install, tmp_path: Path) -> None:
    """Against the lock and against the snapshot; the same version with other files is seen by the snapshot."""
    python = install("alpha==1.0", "beta-tool")
    lock(project, python)
    install("alpha==1.1")
    for file in (".reprocheck/pylock.toml", ".reprocheck/environment.json"):
        found = drift(file, None, python)
        assert [(each.kind, each.name) for each in found.changes] == [("changed", "alpha")]
        assert found.moved
    install("alpha==1.0")
    install("beta-tool", command="uninstall")
    wheel(tmp_path / "other", "Beta_Tool", "2.0", "changed = True")
    install("--find-links", "../other", "--no-cache", "../other/Beta_Tool-2.0-py3-none-any.whl")
    found = drift(".reprocheck/environment.json", None, python)
    assert [(each.kind, each.name) for each in found.changes] == [("contents", "beta-tool")]


def test_without_an_index_there_is_a_snapshot_alone(project: Path, install: Install, tmp_path: Path) -> None:
    """The reason is told, and an older lock is left as it was: nothing is made up."""
    python = install("alpha==1.0")
    assert lock(project, python).problem == ""
    before = (project / ".reprocheck/pylock.toml").read_bytes()
    install("beta-tool")
    (project / "pyproject.toml").write_text("")
    locked = lock(project, python)
    assert locked.problem.startswith("uv: No solution found")
    assert "not found in the cache" in locked.problem
    assert (locked.written, locked.outdated) == ((".reprocheck/environment.json",), ".reprocheck/pylock.toml")
    assert (project / ".reprocheck/pylock.toml").read_bytes() == before
    assert not drift(".reprocheck/environment.json", None, python).moved


WRONG = {
    "no hashes": ("1.0", "{}", "uv gave no hashes for alpha"),
    "another version": ("1.1", '{ sha256 = "aa" }', "what uv wrote is not what is installed: alpha"),
    "no lock": (
        "1.0",
        "3",
        "what uv wrote cannot be read: pylock.toml: packages[0].wheels[0].hashes: expected a table",
    ),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_lock_that_is_not_what_is_installed_is_not_kept(
    case: str, project: Path, install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever uv wrote."""
    version, hashes, problem = WRONG[case]
    python = install("alpha==1.0")
    lines = f'lock-version = "1.0"\n[[packages]]\nname = "alpha"\nversion = "{version}"\n'
    (tmp_path / "lock").write_text(f'{lines}wheels = [{{ url = "https://x/a.whl", hashes = {hashes} }}]\n')
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp {tmp_path}/lock "$2"\n')
    uv.chmod(0o755)
    monkeypatch.setattr(pinning, "_uv", lambda: str(uv))
    assert lock(project, python).problem == problem
    assert not (project / ".reprocheck/pylock.toml").exists()


def test_the_snapshot_is_the_same_for_the_same_environment(project: Path, install: Install) -> None:
    """Byte for byte, sorted; it tells of the machine."""
    python = install("alpha==1.0")
    texts = []
    for _ in range(2):
        lock(project, python)
        texts.append((project / ".reprocheck/environment.json").read_text())
    assert texts[0] == texts[1]
    data = json.loads(texts[0])
    assert json.dumps(data, indent=1, sort_keys=True) + "\n" == texts[0]
    assert {"python", "python build", "machine", "cpu features", "locale", "time zone"} <= data["environment"][
        "host"
    ].keys()


def test_an_environment_of_conda(project: Path, install: Install) -> None:
    """conda's records are read with channel and build; what conda installed is not locked as if it were PyPI's."""
    python = install("alpha==1.0")
    (project / "env/conda-meta").mkdir()
    for file in META.iterdir():
        (project / "env/conda-meta" / file.name).write_bytes(file.read_bytes())
    found = {each.name: each for each in ask(python).environment.packages if each.manager == "conda"}
    assert {name: each.shown for name, each in found.items()} == {
        "shopdata": "2.1.0 pyhd8ed1ab_0",
        "tinyblas": "0.3.25 pthreads_h413a1c8_0",
    }
    assert {each.origin.url for each in found.values()} == {"conda-forge"}
    changes = drift(str(META.parent / "conda-lock.yml"), None, python).changes
    assert [(each.kind, each.manager, each.name) for each in changes] == [
        ("removed", "pypi", "click"),
        ("added", "pypi", "alpha"),
    ]
    (installer,) = project.glob("env/lib/*/site-packages/alpha-1.0.dist-info/INSTALLER")
    installer.write_text("conda\n")
    assert lock(project, python).problem == "conda installed 1 of the packages. Lock them with conda-lock."


def test_pip_settings_are_told_to_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uv has none of its own, it would ask another index than the user's; its own settings win."""
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "https://own.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example/simple https://b.example/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "/one /two")
    found = for_uv(tmp_path, "/no/python")
    assert found == {
        "UV_DEFAULT_INDEX": "https://own.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_FIND_LINKS": "/one,/two",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    (tmp_path / "pyproject.toml").write_text('[[tool.uv.index]]\nurl = "https://uv.example"\n')
    assert for_uv(tmp_path, "/no/python") == {}
    (tmp_path / "pyproject.toml").unlink()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv.example")
    assert for_uv(tmp_path, "/no/python") == {}


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """The second waits until the first has written both files, so that they never come from two of them."""
    order = []

    def second() -> None:
        with store.writing(tmp_path) as folder:
            order.append("second")
            store.replace(folder, {"a": "2", "b": "2"})

    with store.writing(tmp_path) as folder:
        waiting = Thread(target=second)
        waiting.start()
        order.append("first")
        store.replace(folder, {"a": "1", "b": "1"})
        assert [(folder / name).read_text() for name in "ab"] == ["1", "1"]
        order.append("first is done")
    waiting.join()
    assert order == ["first", "first is done", "second"]
    assert [(folder / name).read_text() for name in "ab"] == ["2", "2"]


def test_a_killed_writer_leaves_the_old_files(tmp_path: Path) -> None:
    """Killed between its drafts and the files: the old text stands, and the next writer is not kept waiting."""
    with store.writing(tmp_path) as folder:
        store.replace(folder, {"a": "old"})
    script = (
        "import os, pathlib, signal, sys\n"
        "from pytest_reprocheck.environment import store\n"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "with store.writing(pathlib.Path(sys.argv[1])) as folder:\n    store.replace(folder, {'a': 'half'})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "a").read_text() == "old"
    with store.writing(tmp_path) as folder:
        store.replace(folder, {"a": "next"})
    assert [(each.name, each.read_text()) for each in folder.iterdir()] == [("a", "next")]


def test_an_interpreter_that_gives_no_answer(tmp_path: Path) -> None:
    """It is named, with the last thing it said."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho broken environment >&2\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(BlockedError, match="did not tell what is installed: broken environment"):
        ask(str(python))


def test_what_comes_with_an_environment_is_not_added(project: Path, install: Install, tmp_path: Path) -> None:
    """pip is there whether a lock names it or not; another version than the locked one is drift."""
    python = install("alpha==1.0")
    lock(project, python)
    wheel(tmp_path / "wheels", "pip", "9.0")
    install("pip")
    assert not drift(".reprocheck/pylock.toml", None, python).changes
    (project / "requirements.txt").write_text("pip==8.0\n")
    assert [each.kind for each in drift("requirements.txt", None, python).changes] == ["changed"]


def test_names_are_canonical(project: Path, install: Install) -> None:
    """However a package writes its name, in the environment and in locks."""
    python = install("beta-tool")
    assert canonical("Beta_Tool") == "beta-tool"
    lock(project, python)
    assert {each.name for each in read(".reprocheck/pylock.toml", python).packages} >= {"beta-tool", "python"}
