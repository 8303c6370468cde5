"""The machine-readable report: a contract that loads back and never changes for the same audits."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reprocheck.core.conditions import FACTORS
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.findings import Audit, Effect, Finding
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.report.machine import LAST, host, last_path, load_report, report_to_json
from tests.report.audits import BROKEN, CHURN, TRAIN

AUDITS = (CHURN, TRAIN, BROKEN)


def text_of(*audits: Audit) -> str:
    return report_to_json(audits, {"python": "3.12.1"}, tool_version="1.2.3")


def changed(**values: Any) -> str:
    """A report with keys of its envelope replaced."""
    return json.dumps(json.loads(text_of(*AUDITS)) | values)


def test_a_report_has_the_published_shape(schema: dict[str, object]) -> None:
    """It is valid by the schema, and the schema itself is valid."""
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(text_of(*AUDITS)), schema)
    jsonschema.validate(json.loads(text_of()), schema)


def test_the_schema_and_the_values_agree(schema: Any) -> None:
    """Every field has its property, and every property is required: none can be forgotten on either side."""
    for name, kind in (("audit", Audit), ("finding", Finding), ("effect", Effect)):
        fields = [field.name for field in dataclasses.fields(kind)]
        assert list(schema["$defs"][name]["properties"]) == fields
        assert schema["$defs"][name]["required"] == fields


@pytest.mark.parametrize("path", ["", "subjects.0", "subjects.0.findings.0", "subjects.0.findings.0.effects.0", "tool"])
def test_the_schema_is_strict(schema: dict[str, object], path: str) -> None:
    """A key that the contract does not know is refused at every level."""
    data = json.loads(text_of(*AUDITS))
    target = data
    for step in path.split(".") if path else []:
        target = target[int(step)] if step.isdigit() else target[step]
    target["extra"] = 1
    with pytest.raises(jsonschema.ValidationError, match="extra"):
        jsonschema.validate(data, schema)


def test_a_report_loads_back() -> None:
    """The audits are the same again, with seconds rounded to milliseconds."""
    report = load_report(text_of(*AUDITS))
    assert report.subjects == (dataclasses.replace(CHURN, seconds=21.044), TRAIN, BROKEN)
    assert (report.tool.version, report.environment) == ("1.2.3", {"python": "3.12.1"})
    assert report_to_json(report.subjects, report.environment, tool_version="1.2.3") == text_of(*AUDITS)


def test_equal_audits_give_equal_bytes() -> None:
    """The order in which mappings were filled leaves no trace; fields keep the contract's order."""
    shuffled = dataclasses.replace(
        CHURN,
        parameters=dict(reversed(list(CHURN.parameters.items()))),
        conditions=dict(reversed(list(CHURN.conditions.items()))),
        factors=dict(reversed(list(CHURN.factors.items()))),
        environment={"packages": {"a": "1", "numpy": "2.0"}, "python": "3.12.1"},
    )
    assert text_of(shuffled) == text_of(CHURN)
    data = json.loads(text_of(CHURN))
    assert list(data) == ["format", "version", "tool", "environment", "subjects"]
    assert list(data["subjects"][0])[:5] == ["path", "kind", "parameters", "verdict", "reason"]
    assert text_of(CHURN).endswith("}\n")


@given(reason=st.text(), detail=st.text(), source=st.text())
def test_any_text_survives(reason: str, detail: str, source: str) -> None:
    """Whatever a subject printed, the report is ASCII and gives it back."""
    findings = (dataclasses.replace(CHURN.findings[0], source=source),)
    audit = dataclasses.replace(TRAIN, reason=reason, detail=detail, findings=findings)
    assert text_of(audit).isascii()
    assert load_report(text_of(audit)).subjects == (audit,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1 column 2: is not JSON: Expecting property name enclosed in double quotes"),
        ("[]", "$: is no report: the key 'format' is not 'reprocheck-report'"),
        (changed(format="junit"), "$: is no report: the key 'format' is not 'reprocheck-report'"),
        (changed(version="1"), "$.version: expected a version number, got '1'"),
        (changed(version=True), "$.version: expected a version number, got True"),
        (
            changed(version=2),
            "$.version: version 2 of the report is unknown, 1 is read. A newer pytest-reprocheck wrote it; upgrade",
        ),
        (changed(extra=1), "$: unknown key 'extra'"),
        (changed(subjects=[{}]), "$.subjects[0]: missing key 'path'"),
        (
            changed(subjects=[{"path": 1, "kind": "script", "verdict": "failed"}]),
            "$.subjects[0].path: expected str, got 1",
        ),
        (
            changed(subjects=[{"path": "a", "kind": "script", "verdict": "fine"}]),
            "$.subjects[0].verdict: expected one of 'blocked', ",
        ),
    ],
)
def test_what_is_no_report_is_one_located_error(text: str, message: str) -> None:
    """The error names the element, an unknown version is told as that."""
    with pytest.raises(DecodeError) as caught:
        load_report(text)
    assert str(caught.value).startswith(message)


def test_the_last_reports_lie_apart() -> None:
    """Subjects of one stem, parameters and unsafe names each have a file of their own, inside the folder."""
    names: list[tuple[str, dict[str, Json]]] = [
        ("churn.ipynb", {}),
        ("churn.py", {}),
        ("churn.py.ipynb", {}),
        ("sub/churn.ipynb", {}),
        ("churn.ipynb", {"a": 1}),
        ("churn.ipynb", {"a": "1 "}),
        ("churn.ipynb", {"a": "../../../../x"}),
        ("ch urn.ipynb", {}),
        ("ch-urn.ipynb", {}),
        ("x" * 300 + ".ipynb", {}),
        ("test_a.py::test_b[../..]", {}),
    ]
    subjects = [dataclasses.replace(TRAIN, path=path, parameters=parameters) for path, parameters in names]
    paths = [last_path(subject) for subject in subjects]
    assert paths[:4] == [f"{LAST}/{name}.json" for name in ("churn", "churn.py", "churn.py.ipynb", "sub/churn")]
    assert len(set(paths)) == len(paths)
    assert all("/../" not in path and len(path) < 160 and path.isascii() and " " not in path for path in paths)


def test_the_host_is_told() -> None:
    """Interpreter and platform, in JSON, the same at every call."""
    assert host() == host()
    assert json.loads(json.dumps(host()))["python"]


def test_factor_names_of_the_samples_are_real() -> None:
    """The sample audits vary what can be varied."""
    assert set(CHURN.factors) <= {factor.name for factor in FACTORS}
