"""What the documentation says of keys, options, fields, layers and causes, compared with the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from pytest_reprocheck import config
from pytest_reprocheck.compare.fields import NORMALISERS
from pytest_reprocheck.core.causes import CAUSES
from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.findings import Sameness, Verdict
from pytest_reprocheck.report.machine import VERSION, load_report, report_to_json
from tests.docs.pages import PAGES, ROOT, blocks, read, section, table
from tests.test_architecture import ALLOWED, SOURCE

FORMAT = "docs/report-format.md"
OBJECTS = {
    "The report": None,
    "An audit": "audit",
    "Conditions": "conditions",
    "Factors": "factor",
    "A finding": "finding",
    "Location": "location",
    "Effects": "effect",
}
"""Section of the report's page -> definition in the schema; None is the report itself."""


def names(cells: list[str]) -> list[str]:
    """The keys in first columns, which may list several."""
    return [name for cell in cells for name in cell.split(", ")]


def test_the_tables_of_keys_are_those_of_the_configuration() -> None:
    """Every key is there, no other, and the defaults are the code's."""
    rows = table("README.md", "key")
    assert sorted(row[0] for row in rows) == sorted([*config._GLOBAL, "subject"])
    assert sorted(names([row[0] for row in table("README.md", "key of a subject")])) == sorted(["path", *config._RULE])
    defaults = {row[0]: row[1] for row in rows}
    options = config.Options()
    assert json.loads(defaults["vary"]) == list(options.vary)
    assert int(defaults["max-runs"]) == options.max_runs
    assert (defaults["budget"], options.budget) == ('"10 min"', 600.0)
    assert (defaults["timeout"], options.timeout) == ("none", None)
    assert (defaults["cell-timeout"], options.cell_timeout) == ("none", None)
    assert (defaults["start-timeout"], options.start_timeout) == ('"2 min"', 120.0)
    assert (defaults["memory"], options.memory) == ("none", None)


def test_configuration_in_the_documentation_is_valid() -> None:
    """Every TOML block is read without an error."""
    found = [text for page in PAGES for text in blocks(page, "toml")]
    assert found
    for text in found:
        config.parse_config(config.tool_table(text, "page"), "page")


def test_the_options_are_those_of_the_help() -> None:
    """The block is cut from ``pytest --help``."""
    command = [sys.executable, "-m", "pytest", "--help", "-p", "no:nbval"]
    printed = subprocess.run(
        command, cwd=ROOT, env={"COLUMNS": "80", "PATH": ""}, capture_output=True, text=True, check=True
    ).stdout
    (shown,) = (text for text in blocks("README.md", "text") if "--reprocheck" in text)
    assert shown in printed
    assert len(re.findall("--reprocheck", shown)) == len(re.findall("^  --reprocheck", printed, re.MULTILINE))


def test_causes_verdicts_and_what_is_not_varied_are_those_of_the_code() -> None:
    """The tables list each of them, in the code's words."""
    assert {tuple(row) for row in table("README.md", "cause")} == {(cause.slug, cause.title) for cause in CAUSES}
    given = {row[0] for row in table("README.md", "verdict")}
    assert given == set(get_args(Verdict))
    assert {row[0] for row in table("docs/factors.md", "factor")} == {factor.name for factor in FACTORS}


def test_the_layers_are_those_of_the_architecture_test() -> None:
    """Each module of the package stands in the table with the directions it is allowed, as far as they exist."""
    existing = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    documented: dict[str, set[str]] = {}
    for layers, _what, imports in table("docs/architecture.md", "layer"):
        allowed = set() if imports.startswith("nothing") else set(imports.split())
        documented |= dict.fromkeys(layers.split(", "), allowed)
    known = (ALLOWED.keys() & existing) - {"plugin_session"}
    assert documented == {layer: (ALLOWED[layer] & existing) - {"plugin_session"} for layer in known}


@pytest.mark.parametrize("heading", sorted(OBJECTS))
def test_the_fields_of_the_report_are_those_of_the_schema(heading: str, schema: dict[str, Any]) -> None:
    """Each object's table has its keys, in their order."""
    definition = OBJECTS[heading]
    properties = (schema if definition is None else schema["$defs"][definition])["properties"]
    cells = re.findall(r"^\| (`.*?`) \|", section(FORMAT, heading), re.MULTILINE)
    assert names([cell.replace("`", "") for cell in cells]) == list(properties)


def test_the_report_in_the_documentation_is_one(schema: dict[str, Any]) -> None:
    """It loads, is valid, is written back byte for byte, and is of the version that the history ends with."""
    (text,) = blocks(FORMAT, "json")
    report = load_report(text)
    jsonschema.validate(json.loads(text), schema)
    assert report_to_json(report.subjects, report.environment, tool_version=report.tool.version) == text
    assert table(FORMAT, "version")[-1][0] == str(VERSION)


def test_the_report_in_the_documentation_is_what_an_audit_writes(tmp_path: Path) -> None:
    """The page's script gives it, but for seconds and what the machine has to vary."""
    (text,) = blocks(FORMAT, "json")
    (script,) = blocks(FORMAT, "python")
    (tmp_path / "columns.py").write_text(script, encoding="utf-8")
    (tmp_path / "pytest.ini").touch()
    command = [str(Path(sys.executable).with_name("reprocheck")), "audit", "columns.py", "--json", "report.json"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    (shown,), (written,) = (
        json.loads(found)["subjects"] for found in (text, (tmp_path / "report.json").read_text(encoding="utf-8"))
    )
    for audit in (shown, written):
        del audit["seconds"], audit["environment"], audit["workspace"], audit["notes"], audit["memory"]
        for conditions in audit["conditions"].values():
            for name in ("threads", "cpus", "timezone", "locale"):
                del conditions[name]
        for name in ("locale", "directory"):  # which some machines cannot vary
            del audit["factors"][name]
    assert written == shown


def test_links_lead_to_something() -> None:
    """Relative links are files in the repository."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", read(page)):
            if not target.startswith("https://"):
                assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_files_and_functions_that_contributors_are_sent_to_exist() -> None:
    """Paths in backticks in the guides to adding something, and names of functions and values in them."""
    package = "\n".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    for heading in ("Adding a comparator", "Adding a cause", "Adding a factor"):
        steps = section("CONTRIBUTING.md", heading)
        assert len(re.findall(r"^\d\. ", steps, re.MULTILINE)) == 4
        for word in re.findall(r"`([^`\n]+)`", steps):
            if re.fullmatch(r"[\w/]+\.(py|md)", word):
                assert (ROOT / word).exists() or (SOURCE / word).exists(), word
            elif re.fullmatch(r"\w{4,}", word):
                assert re.search(rf"\b{word}\b", package), word


def test_normalisers_and_samenesses_are_those_of_the_code() -> None:
    """Each has its row, those too that are no pattern: a run's own words, and parameters."""
    known = {normaliser.name for normaliser in NORMALISERS} | {"home", "host", "process-id", "worker-count"}
    assert {name.strip() for row in table("docs/comparing.md", "name") for name in row[0].split(",")} == known
    assert [(row[0], row[2] == "yes") for row in table("docs/comparing.md", "sameness")] == [
        (same.value, same.counts) for same in Sameness
    ]
