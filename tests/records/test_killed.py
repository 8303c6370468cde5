"""Updates that are killed, and two at once: every file is whole, and what stands together is of one update."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.records import Record, parse_record, record_text
from tests.execution.helpers import write

NAMES = ("a.py", "b.py", "folder/c.py")
KEEP = """\
    import json, os, pathlib, signal, sys
    from pytest_reprocheck import locking
    from pytest_reprocheck.core.environments import Environment, Locked
    from pytest_reprocheck.environment import store

    def lock_into(folder, root, python=None):
        store.replace(folder, {"pylock.toml": lock, "environment.json": lock})
        return Locked(environment=Environment(source="", kind="live"), written=())

    locking.lock_into = lock_into
    from pytest_reprocheck import keeping, recording
    from pytest_reprocheck.report import locks, terminal
    root, files, lock = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text()), sys.argv[3]
"""
SWEEP = """\
    def kill_at(count):
        left = [count]

        def hook(event, given):
            touches = event in ("open", "os.rename", "os.remove", "os.mkdir") and ".reprocheck" in str(given[0])
            left[0] -= touches
            if touches and left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    def state():
        return {each.name: each.read_text() for each in sorted((root / ".reprocheck").rglob("*")) if each.is_file()}

    before, seen, count, killed = state(), [], 0, -9
    while killed:
        count += 1
        if not (child := os.fork()):
            kill_at(count)
            os._exit(keeping.keep(root, files).failed)
        killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert killed in (0, -9), killed
        seen.append({name: text for name, text in state().items() if not name.endswith(".draft")})
    print(json.dumps([count, before, seen, state()]))
"""


def text_of(name: str, commit: str) -> str:
    """A record that says which update it is of."""
    conditions = baseline(name, threads=1)
    return record_text(
        Record(
            subject=name, kind="script", conditions=conditions, digests=commit, python=commit, code={}, commit=commit
        )
    )


def texts(update: str) -> dict[str, str]:
    return {f".reprocheck/records/{name}.json": text_of(name, update) for name in NAMES}


def run(script: str, root: Path, update: str) -> subprocess.Popen[str]:
    """A process that writes the records and the lock of an update."""
    given = root.parent / f"{update}.json"
    given.write_text(json.dumps(texts(update)), encoding="utf-8")
    (root.parent / f"{update}.py").write_text(textwrap.dedent(KEEP) + textwrap.dedent(script), encoding="utf-8")
    command = [sys.executable, str(root.parent / f"{update}.py"), str(root), str(given), update]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def test_an_update_that_is_killed_at_any_moment_leaves_whole_files(tmp_path: Path) -> None:
    """Each is the old or the new one; the next update is not kept waiting and leaves nothing behind."""
    root = tmp_path / "project"
    old = texts("old")
    write(root, {**old, ".reprocheck/pylock.toml": "old", ".reprocheck/environment.json": "old"})
    done = run(SWEEP, root, "new")
    count, before, seen, after = json.loads(done.communicate()[0])
    assert done.returncode == 0
    assert count > 10
    news = {Path(path).name: text for path, text in texts("new").items()} | dict.fromkeys(
        ("pylock.toml", "environment.json"), "new"
    )
    assert after == news
    states = []
    for state in seen:
        assert state.keys() == before.keys()
        for name, text in state.items():
            assert text in (before[name], news[name])
        states.append(sum(text == news[name] for name, text in state.items()))
    assert states == sorted(states)
    assert {0, len(news)} <= {*states}


RACE = """\
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(30):
        assert not keeping.keep(root, files).failed
"""


def test_two_updates_at_once_do_not_mix(tmp_path: Path) -> None:
    """Records and lock are all of one or all of the other, whoever reads between."""
    root = tmp_path / "project"
    root.mkdir()
    both = [run(RACE, root, update) for update in ("one", "two")]
    for each in both:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in both:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in both:
        each.communicate()
        assert each.returncode == 0
    found = {(root / path).read_text(encoding="utf-8") for path in texts("one")}
    winner = (root / ".reprocheck/pylock.toml").read_text(encoding="utf-8")
    assert found == {*texts(winner).values()}
    assert (root / ".reprocheck/environment.json").read_text(encoding="utf-8") == winner


KILLER = """\
    import os, signal, sys

    def hook(event, given):
        if event == "os.rename" and "records" in str(given[1]):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
"""


def test_pytest_that_is_killed_while_it_updates_leaves_the_old_record(tmp_path: Path) -> None:
    """It can be read, and the next run compares with it."""
    count = "print('count', sum([1, 2]))\n"
    write(tmp_path, {"count.py": count, "pytest.ini": "", "killer.py": KILLER, "empty/uv.toml": ""})
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--reprocheck", "--reprocheck-vary=seed"]

    def pytest_run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more, "count.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    assert pytest_run("--reprocheck-update").returncode == 0
    record = tmp_path / ".reprocheck/records/count.py.json"
    before = record.read_text(encoding="utf-8")
    (tmp_path / "count.py").write_text(count.replace("2]", "3]"), encoding="utf-8")
    assert pytest_run("--reprocheck-update", "-p", "killer").returncode == -signal.SIGKILL
    assert record.read_text(encoding="utf-8") == before
    assert parse_record(before).subject == "count.py"
    again = pytest_run()
    assert "count.py: drifted" in again.stdout
    assert again.returncode == pytest.ExitCode.TESTS_FAILED
