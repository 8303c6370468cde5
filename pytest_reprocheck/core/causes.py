"""Causes by name, by the source of an event and by factor.

A new cause comes with its text in the catalogue, a faulty and a clean subject, and a test.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reprocheck.core.catalogue import CAUSES
from pytest_reprocheck.core.catalogue_of_drift import DRIFT_CAUSES
from pytest_reprocheck.core.cause import Cause
from pytest_reprocheck.core.conditions import FactorName
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.core.trace import Source

__all__ = ["CAUSES", "CAUSE_OF_FACTOR", "CAUSE_OF_SOURCE", "DRIFT", "UNLIKE_RECORD", "Cause", "cause", "is_drift"]

_BY_SLUG = {cause.slug: cause for cause in CAUSES}

CAUSE_OF_SOURCE: Mapping[Source, str] = {
    "random": "unseeded-random",
    "numpy": "unseeded-numpy",
    "estimator": "unseeded-estimator",
    "torch": "unseeded-torch",
    "tensorflow": "unseeded-tensorflow",
    "entropy": "os-entropy",
}
"""The cause that an unseeded draw from a source is evidence for."""

CAUSE_OF_FACTOR: Mapping[FactorName, str] = {
    "hash": "hash-order",
    "listing": "file-order",
    "rows": "row-order",
    "clock": "clock",
    "pid": "process-id",
    "timezone": "timezone",
    "locale": "locale",
    "cpus": "cpu-count",
    "variables": "environment-variable",
    "completion": "completion-order",
    "directory": "working-directory",
    "threads": "thread-count",
    "simd": "cpu-dispatch",
    "network": "network",
}
"""The cause that is behind a difference which a factor alone brings about; a seed's depends on what was drawn from."""


DRIFT = tuple(each.slug for each in DRIFT_CAUSES)
"""Causes that a record tells: something around the subject is not what it was."""


UNLIKE_RECORD = "it is not what the record says"
"""How the message begins of what no drift explains."""


def is_drift(finding: Finding) -> bool:
    """Whether a finding says that a subject is not what it was, rather than not the same from run to run."""
    return finding.cause in DRIFT or finding.message.startswith(UNLIKE_RECORD)


def cause(slug: str) -> Cause:
    """The catalogue's entry; raises KeyError for an unknown slug."""
    return _BY_SLUG[slug]
