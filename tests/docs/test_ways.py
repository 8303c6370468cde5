"""Every way of losing reproducibility that was collected has a case that shows it, a test, or a place in the limits.

The ways are grouped as people meet them: generators, hash and identity, files, data sources, time and locale,
surroundings and numerics, concurrency, features and splits, models, artifacts, notebooks.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.marks import CASES

ROOT = Path(__file__).resolve().parents[2]
LIMITS = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")

WAYS = {
    "R01 the random module, numpy alone seeded": "faulty/late_seed.py",
    "R02 numpy's global state": "faulty/monte_carlo.ipynb",
    "R03 generators of numpy without a seed": "faulty/augmenter.py",
    "R04 entropy of the system": "faulty/drawn_seed.py",
    "R05 random_state=None": "faulty/cross_validation.py",
    "R06 one RandomState for all": "clean/spawned_streams.py",
    "R07 seeded too late, or elsewhere": "faulty/late_torch_seed.py",
    "R08 torch and TensorFlow": "faulty/noisy_layer.py",
    "R09 workers that inherit a state": "faulty/inherited_state.py",
    "R10 workers that start without a seed": "faulty/pool_of_paths.py",
    "R11 samplers of searches for hyperparameters": "limits: Samplers of searches for hyperparameters",
    "R12 samples of frames": "faulty/sampled_frame.py",
    "R12 samples in SQL": "faulty/shuffled_by_query.py",
    "R13 a seed from the clock": "faulty/seed_by_clock.py",
    "R13 a seed from the process": "faulty/seed_by_process.py",
    "R13 a seed from hash()": "faulty/experiment_seed.py",
    "R14 another cause changes how much is drawn": "faulty/hidden_downstream.py",
    "H01 sets become columns": "faulty/column_groups.ipynb",
    "H02 hash() as a bucket": "faulty/hash_buckets.py",
    "H03 vocabularies and counts": "faulty/vocabulary.ipynb",
    "H04 sets of objects": "faulty/class_registry.ipynb",
    "H05 id() as a key": "faulty/object_order.ipynb",
    "H06 members of an Enum": "faulty/mode_enum.py",
    "F01 listdir": "faulty/station_stack.py",
    "F01 scandir": "faulty/class_folders.py",
    "F01 glob": "faulty/train_on_glob.py",
    "F01 walk": "faulty/walked_labels.py",
    "F02 listings of other libraries": "faulty/listed_by_fsspec.py",
    "F03 what a run leaves": "faulty/resumed_training.py",
    "F04 names and times of files": "limits: Times and numbers of files",
    "F05 files that change meanwhile": "limits: Files that another program changes",
    "D01 SQL without ORDER BY": "faulty/position_split.py",
    "D02 ties and LIMIT": "faulty/best_scores.py",
    "D03 DuckDB's threads": "limits: threads of DuckDB",
    "D04 orders of polars": "limits: polars' `unique`",
    "D05 partitions of Spark and Dask": "limits: Dask\n  partitions",
    "D06 fragments of Arrow": "limits: fragments of Arrow datasets",
    "D07 sources that change": "limits: Sources that change by themselves",
    "D08 queries as of now": 'limits: queries for "as of now"',
    "D09 hosted models": "limits: answers of\n  hosted models",
    "T01 today in a result": "faulty/ages_today.py",
    "T02 durations in outputs": "clean/logged_times.py",
    "T03 naive local times": "faulty/daily_logins.ipynb",
    "T04 the locale": "faulty/sorted_names.py",
    "T05 zones are defined anew": "limits: time zone data",
    "T06 bounded by a clock": "faulty/time_budget.py",
    "T07 choices by timing": "limits: Choices by timing",
    "E01 where the project lies": "faulty/checkout_path.py",
    "E02 variables, user, host": "faulty/seeded_by_host.ipynb",
    "E03 how many CPUs": "faulty/chunks_by_core.py",
    "E04 kernels of BLAS": "faulty/condition_by_kernel.ipynb",
    "E05 threads of BLAS": "faulty/smallest_eigenvalue.py",
    "E06 oneDNN": "limits: oneDNN",
    "E07 ties in unstable sorts": "faulty/top_customers.py",
    "E08 accelerators that may be installed": "limits: optional accelerators",
    "E09 TF32 and mixed precision": "limits: GPUs",
    "G01 atomics on a GPU": "limits: GPUs",
    "G02 cuDNN's choice": "limits: GPUs",
    "G03 cuBLAS, several GPUs": "limits: GPUs",
    "C01 as_completed": "faulty/first_of_completed.py",
    "C01 imap_unordered": "faulty/unordered_features.py",
    "C01 asyncio": "faulty/fetched_pages.ipynb",
    "C02 threads that append": "faulty/appending_threads.py",
    "C02 callbacks": "limits: callbacks of futures",
    "C03 training without locks": "limits: training without locks",
    "C04 sums by several threads": "faulty/smallest_eigenvalue.py",
    "X01 the order of columns": "faulty/two_causes.py",
    "X02 codes by first appearance": "faulty/colour_codes.ipynb",
    "X03 target encoding": "faulty/encoded_cities.ipynb",
    "X04 resampling": "faulty/bootstrap_interval.py",
    "X05 ties of the most common": "faulty/topic_counts.py",
    "X06 the first of what is alike": "faulty/latest_price.py",
    "S01 splits": "faulty/split_report.ipynb",
    "S02 seeded splits of other rows": "faulty/position_split.py",
    "M01 ties in votes": "faulty/majority_vote.py",
    "M02 signs of components": "faulty/spectrum_of_noise.py",
    "M03 labels of clusters": "faulty/clusters.ipynb",
    "M04 models that go by the order of rows": "faulty/orders_core.py",
    "M05 random validation parts": "faulty/shuffled_folds.py",
    "M06 amplified rounding": "faulty/logarithm_of_noise.py",
    "A01 pickles": "tests/execution/artifacts",
    "A02 gzip": "tests/execution/artifacts",
    "A03 zip": "tests/execution/artifacts",
    "A04 figures": "tests/compare/test_drawings.py",
    "A05 generated ids": "tests/compare/test_html.py",
    "A06 addresses, paths, numbers of processes": "tests/compare/test_normalise.py",
    "N01 the order of cells": "faulty/moved_cell.ipynb",
    "N02 names of deleted cells": "faulty/deleted_cell.ipynb",
    "N03 packages that are missing": "tests/diagnose/test_needs.py",
    "N04 files that are missing": "tests/diagnose/test_blocking.py",
    "N05 cells that cannot be run twice": "limits: The order of cells",
    "N06 magics, input, widgets": "limits: No standard input",
    "N07 outputs older than the code": "faulty/edited_threshold.ipynb",
    "N08 pieces of streams": "tests/test_stored.py",
}
"""Way -> a case, a test, or words of ``docs/limits.md``."""


@pytest.mark.parametrize("way", WAYS)
def test_a_way_is_shown_or_told(way: str) -> None:
    """The case is marked, the test is there, the limit is written down."""
    where = WAYS[way]
    if where.startswith("limits: "):
        assert " ".join(where.removeprefix("limits: ").split()) in " ".join(LIMITS.split())
    elif where.startswith("tests/"):
        assert (ROOT / where).exists()
    else:
        assert (CASES / where).is_file()


def test_no_way_is_left_out() -> None:
    """Each group is numbered without a gap."""
    found: dict[str, set[int]] = {}
    for way in WAYS:
        letter, number = re.match(r"([A-Z])(\d\d) ", way).groups()  # type: ignore[union-attr]
        found.setdefault(letter, set()).add(int(number))
    assert {letter: len(numbers) for letter, numbers in found.items()} == {
        letter: max(numbers) for letter, numbers in found.items()
    }
