"""Reads of the surroundings that leave no event are found in the code."""

from __future__ import annotations

import pytest

from pytest_reprocheck.core.conditions import FactorName
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.concluding import factor_message
from pytest_reprocheck.diagnose.reads import assigned_lines, find_reads


@pytest.mark.parametrize(
    ("factor", "line"),
    [
        ("threads", "pools = [pool['num_threads'] for pool in threadpool_info()]"),
        ("threads", "count = torch.get_num_threads()"),
        ("network", "online = len(socket.if_nameindex()) > 1"),
        ("network", "routes = Path('/proc/net/route').read_text()"),
        ("network", "devices = os.listdir('/sys/class/net')"),
        ("network", "rates = json.load(urlopen(address))"),
        ("directory", "here = Path(__file__).resolve()"),
        ("cpus", "workers = len(os.sched_getaffinity(0))"),
    ],
)
def test_what_reads_a_factor(factor: FactorName, line: str) -> None:
    """The line, and not one that reads something else."""
    unit = Unit(path="a.py", cell=None, text=f"x = open('data.csv').read()\n{line}\nprint('/proc/stat')\n")
    found = {candidate.place.line for candidate in find_reads([unit], factor)}
    assert 2 in found
    assert found <= ({2, 3} if factor == "directory" else {2})


def test_what_is_said_of_a_read_is_no_guess() -> None:
    """Where the code reads the number of threads, nothing is said of float noise."""
    assert factor_message("threads", failed=False, is_read=True) == "the number of threads of BLAS and OpenMP is read"
    assert "amplifies" in factor_message("threads", failed=False)
    assert factor_message("network", failed=True, is_read=True) == "the network is asked for, and the subject fails"


def test_the_line_that_assigns_a_name() -> None:
    """The first one, whatever follows."""
    cell = Unit(path="nb.ipynb", cell=2, text="%matplotlib inline\na = 1\nb, c = a, 2\na = 3\n")
    assert assigned_lines(cell) == {"a": 2, "b": 3, "c": 3}
