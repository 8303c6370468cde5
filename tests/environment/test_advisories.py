"""Advisories from a server of the tests' own, in the form of OSV: found, none, skipped, and nobody there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pytest_reprocheck import locking
from pytest_reprocheck.advising import advised
from pytest_reprocheck.core.environments import AdvisoryCheck, Environment, Origin, Package
from pytest_reprocheck.environment.advisories import check
from pytest_reprocheck.report.locks import render_advisories
from pytest_reprocheck.report.machine import load_report, report_to_json
from tests.conftest import Project

pytest.importorskip("pip_audit")

ADVISORY: dict[str, Any] = {
    "schema_version": "1.5.0",
    "id": "PYSEC-2019-217",
    "aliases": ["CVE-2019-10906", "GHSA-462w-v97r-4m45"],
    "details": "In Jinja before 2.10.1, str.format_map allows a sandbox escape.",
    "modified": "2021-11-22T04:57:52Z",
    "published": "2019-04-07T00:29:00Z",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI", "purl": "pkg:pypi/jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}],
            "versions": ["2.9.6", "2.10"],
        }
    ],
    "references": [{"type": "WEB", "url": "https://palletsprojects.com/blog/jinja-2-10-1-released"}],
}
WITHDRAWN = {**ADVISORY, "id": "PYSEC-2019-1", "aliases": [], "withdrawn": "2020-01-01T00:00:00Z"}


class _Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        known = [ADVISORY, WITHDRAWN] if asked["package"]["name"] == "jinja2" and asked["version"] == "2.10" else []
        body = json.dumps({"vulns": known} if known else {}).encode()
        self.send_response(500 if asked["package"]["name"] == "broken" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """The server that pip-audit is set to by the user's variables."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
        monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
        monkeypatch.setenv("NO_PROXY", "*")
        yield server
        server.shutdown()
        thread.join()


def env(*packages: Package) -> Environment:
    """A lock of these packages."""
    return Environment(source="uv.lock", kind="uv.lock", packages=packages)


JINJA = Package(name="jinja2", version="2.10")
SOUND = Package(name="markupsafe", version="3.0.0")
LOCAL = Package(name="mine", version="1.0", origin=Origin(kind="directory", url="mine"))
OPEN = Package(name="open", specifier=">=1")


@pytest.mark.usefixtures("service")
def test_an_advisory_is_told_and_what_was_not_asked_for_too() -> None:
    """Withdrawn ones are none; local packages and open versions are counted as not checked."""
    found = check(env(JINJA, LOCAL, SOUND, OPEN, Package(name="python", version="3.11.7")))
    (advisory,) = found.advisories
    assert (advisory.package, advisory.version, advisory.fixed_in) == ("jinja2", "2.10", ("2.10.1",))
    assert sorted((advisory.id, *advisory.aliases)) == ["CVE-2019-10906", "GHSA-462w-v97r-4m45", "PYSEC-2019-217"]
    assert (found.checked, found.problem) == (2, "")
    assert [(each.what, each.reason) for each in found.skipped] == [
        ("mine 1.0", "it is of no index"),
        ("open >=1", "the lock does not fix its version"),
    ]
    text = " ".join(render_advisories(found).split())
    assert "jinja2 2.10" in text
    assert "fixed in 2.10.1" in text
    assert text.endswith("1 advisory; packages checked: 2, not checked: 2")


@pytest.mark.usefixtures("service")
def test_without_an_advisory_it_says_how_many_were_checked() -> None:
    """So that nothing found is not taken for all is well."""
    found = check(env(SOUND, LOCAL))
    assert (found.advisories, found.checked, found.problem) == ((), 1, "")
    assert render_advisories(found).endswith("no advisory; packages checked: 1, not checked: 1")


def test_nobody_there_is_no_clean_bill(service: ThreadingHTTPServer) -> None:
    """pip-audit ends with 1 as if it had found something; it is told as what it is."""
    service.server_close()
    found = check(env(JINJA))
    assert (found.advisories, found.checked) == ((), 0)
    assert found.problem.startswith("pip-audit gave no answer: ")
    assert "could not be checked" in render_advisories(found)
    assert "no advisory" not in render_advisories(found)


@pytest.mark.usefixtures("service")
def test_a_service_that_fails_is_no_clean_bill() -> None:
    """An error of the server is a problem, also beside packages that it answers for."""
    found = check(env(Package(name="broken", version="1"), SOUND))
    assert found.problem
    assert not found.checked


def test_where_all_are_skipped_nothing_was_checked(
    service: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip-audit ends with 0 then."""
    monkeypatch.setattr(
        "subprocess.run",
        lambda *_, **__: type(
            "Done", (), {"stdout": '{"dependencies": [{"name": "Jinja2", "skip_reason": "not on PyPI"}]}', "stderr": ""}
        ),
    )
    found = check(env(JINJA))
    assert (found.checked, found.problem) == (0, "the service answered for no package")
    assert [each.reason for each in found.skipped] == ["not on PyPI"]
    assert check(env(LOCAL)).problem == "no package with a version from an index is there"


def write_lock(root: Path) -> None:
    """A committed lock with the package that the service knows an advisory for."""
    lock = 'lock-version = "1.0"\ncreated-by = "tests"\n\n[[packages]]\nname = "jinja2"\nversion = "2.10"\n'
    lock += (
        '[[packages.wheels]]\nname = "Jinja2-2.10-py2.py3-none-any.whl"\nurl = "https://example.org/Jinja2-2.10.whl"\n'
    )
    lock += f'hashes = {{sha256 = "{"0" * 64}"}}\n'
    (root / ".reprocheck").mkdir()
    (root / ".reprocheck" / "pylock.toml").write_text(lock, encoding="utf-8")


@pytest.mark.usefixtures("service")
def test_a_run_of_pytest_asks_about_the_locked_set(tmp_path: Path) -> None:
    """The severity decides whether it fails; the report has rules and results; no answer is never no advisory."""
    write_lock(tmp_path)
    found = advised(tmp_path, "error")
    assert found.failed
    assert "jinja2 2.10" in found.lines[0]
    data: dict[str, Any] = dict(found.data)
    (result,) = data["results"]
    assert result["level"] == "error"
    assert result["ruleId"] in {rule["id"] for rule in data["rules"]}
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == ".reprocheck/pylock.toml"
    assert not advised(tmp_path, "warning").failed
    text = report_to_json([], {}, tool_version="0", advisories=found.data)
    assert load_report(text).advisories == found.data


def test_no_answer_fails_where_advisories_are_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody there: that is said, and is no pass."""
    monkeypatch.setattr(locking, "known_advisories", lambda _environment: AdvisoryCheck(problem="nobody is there"))
    found = advised(tmp_path, "error")
    assert found.failed
    assert found.data["problem"] == "nobody is there"
    assert found.data["results"] == []


@pytest.mark.usefixtures("service")
def test_the_flag_asks_and_decides_about_the_exit_code(project: Project) -> None:
    """Without it nobody is asked; as errors advisories fail a run whose subjects pass, and as warnings they do not."""
    project.write({"train.py": "x = 1"})
    write_lock(project.root)
    for flags, code, level in (((), 0, None), (("error",), 1, "error"), (("warning",), 0, "warning")):
        asked = [f"--reprocheck-advisories={flag}" for flag in flags]
        result = project.run("--reprocheck", "--reprocheck-json=report.json", "train.py", *asked)
        assert (result.ret, "jinja2 2.10" in result.stdout.str()) == (code, level is not None)
        told = json.loads((project.root / "report.json").read_text(encoding="utf-8")).get("advisories") or {}
        assert [each["level"] for each in told.get("results", [])] == ([level] if level else [])
