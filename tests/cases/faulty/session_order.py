"""Visits are put into the order of identifiers that are made anew."""

import dataclasses
import uuid


@dataclasses.dataclass
class Visit:
    page: str
    seconds: float
    key: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)  # expect: os-entropy


def visits():
    for number in range(20):
        yield Visit(page=f"/item/{number % 7}", seconds=3 + number * 1.7 % 11)


def decayed(values, factor=0.9):
    total = 0.0
    for value in values:
        total = factor * total + value
    return total


ordered = sorted(visits(), key=lambda visit: visit.key)
print("first page", ordered[0].page)
print("decayed seconds", round(decayed(visit.seconds for visit in ordered), 4))
