"""Transport modes are members of an enumeration, whose hash is that of their names."""

from enum import Enum, auto


class Mode(Enum):
    WALK = auto()
    BIKE = auto()
    BUS = auto()
    TRAM = auto()
    TRAIN = auto()
    CAR = auto()


TRIPS = [
    ("home", "work", {Mode.BIKE, Mode.TRAIN, Mode.WALK}),
    ("work", "gym", {Mode.WALK, Mode.BUS}),
    ("gym", "home", {Mode.CAR}),
    ("home", "market", {Mode.TRAM, Mode.WALK}),
]

used = set().union(*(modes for _, _, modes in TRIPS))
dimension = {}
for mode in used:  # expect: hash-order
    dimension[mode.name] = len(dimension)
vectors = [[0] * len(dimension) for _ in TRIPS]
for row, (_, _, modes) in zip(vectors, TRIPS):
    for mode in modes:
        row[dimension[mode.name]] = 1
print("dimensions", list(dimension))
print("vectors", vectors)
