"""The closed catalogue of causes. A new one comes with its text here, a faulty and a clean subject, and a test."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reprocheck.core.trace import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why two runs can differ."""

    slug: str
    title: str
    what: str
    """What happens in the user's program."""
    why: str
    """Why it matters."""
    example: str
    """Faulty code."""
    remedy: str
    """Sound code for the example."""
    limits: str
    """What the tool cannot tell about this cause."""


CAUSES: tuple[Cause, ...] = (
    Cause(
        slug="unseeded-random",
        title="Python's random module is used without a seed",
        what=(
            "A function of the random module, or a random.Random() without an argument, starts from the operating "
            "system's entropy."
        ),
        why="Every run shuffles, samples or initialises differently; seeding numpy does not reach it.",
        example="import random\nrandom.shuffle(rows)",
        remedy="import random\nrandom.seed(0)\nrandom.shuffle(rows)",
        limits=(
            "All unseeded draws of the module share one state, so they are one finding, located at the first draw "
            "that matters."
        ),
    ),
    Cause(
        slug="unseeded-numpy",
        title="A numpy generator is used without a seed",
        what=(
            "numpy.random.* functions without numpy.random.seed, or default_rng(), RandomState() or SeedSequence() "
            "without an argument."
        ),
        why=(
            "numpy.random.seed does not reach default_rng(): a program can look seeded and still differ from run to "
            "run."
        ),
        example="rng = np.random.default_rng()",
        remedy="rng = np.random.default_rng(0)",
        limits=(
            "Draws of the global state share one finding, located at the first that matters; each unseeded generator "
            "has its own."
        ),
    ),
    Cause(
        slug="unseeded-estimator",
        title="A scikit-learn estimator or splitter draws with random_state=None",
        what="With random_state=None scikit-learn draws from numpy's global state, which nobody seeded.",
        why="Splits, bootstraps and initial weights change from run to run, and scores with them.",
        example="model = RandomForestClassifier(n_estimators=10)",
        remedy="model = RandomForestClassifier(n_estimators=10, random_state=0)",
        limits=(
            "Draws inside worker processes are seen only where the worker is a Python process that the probes reach."
        ),
    ),
    Cause(
        slug="os-entropy",
        title="A result depends on the operating system's entropy",
        what="os.urandom, uuid.uuid4, secrets or random.SystemRandom feed a result; no seed reaches them.",
        why="Keys, orders and samples made from them can never be obtained again.",
        example="rows.sort(key=lambda row: uuid.uuid4())",
        remedy="rng = random.Random(0)\nrng.shuffle(rows)",
        limits="Entropy that libraries draw for their own ends (temporary names, sockets) is left alone.",
    ),
    Cause(
        slug="hash-order",
        title="A result depends on the order of a set or on hash()",
        what=(
            "Strings hash differently in every Python process unless PYTHONHASHSEED is set, so sets of strings "
            "iterate in another order."
        ),
        why=(
            "Columns, vocabularies and one-hot codes made from a set change places, and a model trained on them is "
            "another model."
        ),
        example="cols = list(set(numeric) | set(categorical))",
        remedy="cols = sorted(set(numeric) | set(categorical))",
        limits=(
            "Iterating over a set leaves no event: the line is found by reading the code that ran, and confirmed by "
            "trying the remedy."
        ),
    ),
    Cause(
        slug="unexplained",
        title="A difference that no controlled factor explains",
        what="The runs differ, and varying each factor alone did not bring the difference about.",
        why="The result cannot be obtained again, and this version cannot say why.",
        example="print(len(os.listdir('/proc')))",
        remedy="(none: see what the difference is, and the factors that were not varied)",
        limits=(
            "Clock, file listings, row order, locale, time zone, threads and the network are not varied by this "
            "version."
        ),
    ),
)

_BY_SLUG = {cause.slug: cause for cause in CAUSES}

CAUSE_OF_SOURCE: dict[Source, str] = {
    "random": "unseeded-random",
    "numpy": "unseeded-numpy",
    "estimator": "unseeded-estimator",
    "entropy": "os-entropy",
}
"""The cause that an unseeded draw from a source is evidence for."""


def cause(slug: str) -> Cause:
    """The catalogue's entry; raises KeyError for an unknown slug."""
    return _BY_SLUG[slug]
