"""Whole audits in a network with another machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.outside.namespace import Done, Namespace

POST = """import urllib.request


def send():
    urllib.request.urlopen("http://10.20.30.40:8080/pay?n=1", data=b"x")


"""
SWALLOWED = POST + "try:\n    send()\nexcept Exception:\n    pass\nprint('done')\n"


def run(far: Namespace, folder: Path, *arguments: str) -> tuple[Done, list[dict[str, Any]]]:
    """``reprocheck audit`` in there, and the subjects of its report."""
    main = "import sys; from pytest_reprocheck.cli import main; sys.exit(main(sys.argv[1:]))"
    done = far.run([sys.executable, "-c", main, "audit", *arguments, "--json", "report.json"], folder, os.environ)
    report = folder / "report.json"
    return done, json.loads(report.read_text(encoding="utf-8"))["subjects"] if report.exists() else []


@pytest.mark.parametrize("source", [POST + "print('before')\nsend()\n", SWALLOWED], ids=["raised", "swallowed"])
def test_what_would_be_sent_blocks(far: Namespace, tmp_path: Path, source: str) -> None:
    """Also after a result, and where the program takes no notice: the line, the effect and the way out are named."""
    (tmp_path / "pay.py").write_text(source, encoding="utf-8")
    done, (audit,) = run(far, tmp_path, "pay.py")
    assert audit["verdict"] == "blocked", done.stderr
    assert audit["reason"] == (
        "pay.py:5: would write to 10.20.30.40: POST http://10.20.30.40:8080/pay. "
        'If every run of an audit may do so, set `allow-writes = ["10.20.30.40"]`'
    )
    assert (done.code, list(done.sent)) == (0, [])
    assert (audit["runs"], audit["findings"]) == (2, [])


def test_blocked_fails_where_it_has_to_run(far: Namespace, tmp_path: Path) -> None:
    """``--require-run``."""
    (tmp_path / "pay.py").write_text(SWALLOWED, encoding="utf-8")
    done, (audit,) = run(far, tmp_path, "pay.py", "--require-run")
    assert (done.code, audit["verdict"]) == (1, "blocked")


def test_allowed_effects_happen_in_every_run(far: Namespace, tmp_path: Path) -> None:
    """By configuration of one subject, in a notebook too."""
    (tmp_path / "pay.ipynb").write_text(notebook(POST, "send()\nprint('done')"), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.reprocheck.subject]]\npath = "pay.ipynb"\nallow-writes = ["10.20.30.40:8080"]\n', encoding="utf-8"
    )
    done, (audit,) = run(far, tmp_path, "pay.ipynb")
    assert audit["verdict"] == "reproducible", done.stdout
    assert list(done.sent) == ["POST /pay?n=1 x"] * 2


def test_a_notebook_is_told_by_its_cell(far: Namespace, tmp_path: Path) -> None:
    """The cell that holds the call, whichever cell began it."""
    (tmp_path / "pay.ipynb").write_text(notebook(POST, "send()"), encoding="utf-8")
    done, (audit,) = run(far, tmp_path, "pay.ipynb")
    assert audit["reason"].startswith("pay.ipynb cell[0]:5: would write to 10.20.30.40: POST"), done.stdout
    assert list(done.sent) == []


READ = """
import urllib.request
print(urllib.request.urlopen("http://10.20.30.40:8080/data").read())
"""


def test_a_run_without_a_network_is_blocked_by_what_it_fetches(far: Namespace, tmp_path: Path) -> None:
    """With one, the same subject is reproducible."""
    (tmp_path / "fetch.py").write_text(READ, encoding="utf-8")
    done, (audit,) = run(far, tmp_path, "fetch.py")
    assert (audit["verdict"], list(done.sent)) == ("reproducible", ["GET /data"] * 2)
    done, (audit,) = run(far, tmp_path, "fetch.py", "--no-network")
    assert audit["verdict"] == "blocked"
    assert audit["reason"] == "fetch.py:3: needs the network: connect 10.20.30.40:8080. Run it without `no-network`"
    assert (list(done.sent), audit["conditions"]["A"]["network"]) == ([], "off")


def test_what_does_without_a_network_is_audited_without_one(far: Namespace, tmp_path: Path) -> None:
    """A refused connection that the program can do without is no obstacle."""
    fetch = "    import urllib.request\n    urllib.request.urlopen('http://10.20.30.40:8080/data')\n"
    cached = f"try:\n{fetch}except OSError:\n    print('cached')\n"
    (tmp_path / "fetch.py").write_text(cached, encoding="utf-8")
    _done, (audit,) = run(far, tmp_path, "fetch.py", "--no-network")
    assert audit["verdict"] == "reproducible"


def test_a_host_that_is_down_blocks(far: Namespace, tmp_path: Path) -> None:
    """Its name and the way out are in the reason."""
    (tmp_path / "fetch.py").write_text(READ.replace("8080", "8081"), encoding="utf-8")
    done, (audit,) = run(far, tmp_path, "fetch.py")
    assert audit["verdict"] == "blocked", done.stdout
    assert audit["reason"].startswith("fetch.py:3: needs another machine, which cannot be reached:")
    assert "Connection refused" in audit["reason"]


def test_functions_of_tests_send_nothing_either(far: Namespace, tmp_path: Path) -> None:
    """The fixture's two calls are guarded in the test's own process, which is as it was afterwards."""
    (tmp_path / "test_pay.py").write_text(
        POST + "def test_send(reprocheck):\n    reprocheck(send)\n\n\ndef test_afterwards():\n    send()\n",
        encoding="utf-8",
    )
    done = far.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:randomly", "-p", "no:cacheprovider", "test_pay.py"],
        tmp_path,
        os.environ,
    )
    assert "1 passed, 1 skipped" in done.stdout, done.stdout
    assert "would write to 10.20.30.40: POST" in " ".join(done.stdout.split())
    assert list(done.sent) == ["POST /pay?n=1 x"]
