"""torch: draws that nobody seeded, each with its line; training and predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.values import Array, Items, Scalar
from pytest_reprocheck.probes import torch_random

from .children import run_plain, run_script

torch: Any = pytest.importorskip("torch")

UNSEEDED = """
import traceback, warnings
import torch
from torch import nn, rand
model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
X = torch.ones(8, 4)
def noise():
    return X + torch.empty(8, 4).normal_()
noise()
data = torch.utils.data.TensorDataset(X, X[:, :1])
for batch in torch.utils.data.DataLoader(data, batch_size=4): pass
for batch in torch.utils.data.DataLoader(data, batch_size=4, shuffle=True): pass
model(X)
model.eval()(X)
rand(2, generator=torch.Generator())
torch.Generator().seed()
torch.manual_seed(3)
print(rand(2).tolist(), torch.randperm(5).tolist(), nn.Linear(2, 1).weight.tolist())
try: rand("x")
except TypeError: traceback.print_exc()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    @torch.jit.script
    def scripted(x: torch.Tensor): return torch.rand(2) + nn.functional.dropout(x, 0.5, True)
print(scripted(torch.zeros(2)).shape)
"""


def test_draws_that_nobody_seeded(tmp_path: Path) -> None:
    """Weights, methods, shuffles and dropout at the user's line; own generators and what was seeded are silent."""
    first = run_script(tmp_path / "project", UNSEEDED)
    assert (first.code, first.not_compared) == (0, [])
    assert [(event.source, event.what, *site) for event, site in zip(first.events, first.sites, strict=True)] == [
        ("torch", "torch Linear", "torch", "train.py:5"),
        ("torch", "torch.normal_", "torch", "train.py:8"),
        ("torch", "torch DataLoader", "torch", "train.py:12"),
        ("torch", "torch Sequential", "torch", "train.py:13"),
        ("torch", "torch.seed", "torch@train.py:16", "train.py:16"),
    ]
    assert (first.stdout, first.stderr) == run_plain(tmp_path / "project")[1:]


def test_the_list_of_what_draws_is_the_library_s_own() -> None:
    """Every operation that torch tags as drawing, and that can be called from Python, is watched."""
    tagged = set()
    for full in torch._C._dispatch_get_all_op_names():
        library, _, name = full.partition("::")
        base, _, overload = name.partition(".")
        operation = getattr(getattr(torch.ops.aten, base, None), overload or "default", None)
        if library == "aten" and torch.Tag.nondeterministic_seeded in getattr(operation, "tags", ()):
            tagged.add(base)
    public = {name for name in tagged if not name.startswith("_") and not name.startswith(("miopen", "rrelu_with"))}
    watched = {*torch_random.FUNCTIONS, *torch_random.METHODS, *torch_random.NETWORK_FUNCTIONS}
    reachable = {name for name in public if hasattr(torch, name) or hasattr(torch.Tensor, name)}
    assert reachable - watched <= {"random"}  # the module ``torch.random``
    assert watched <= tagged


TRAINING = """
import sys
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Linear(3, 1)
X = torch.rand(16, 3); y = X.sum(1, keepdim=True)
order = torch.Generator().manual_seed(int(sys.argv[1]))
loader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(X, y), batch_size=4, shuffle=True, generator=order
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def train():
    for epoch in range(2):
        for inputs, target in loader:
            loss = nn.functional.mse_loss(net(inputs), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
train()
with torch.no_grad():
    net(X)
"""


def test_training_is_followed(tmp_path: Path) -> None:
    """Parameters at start and after steps, losses, batches, predictions; another order shows in all but the start."""
    runs = [run_script(tmp_path / "project", TRAINING, args=[seed]) for seed in ("1", "1", "2")]
    values = []
    for child in runs:
        assert (child.code, child.stderr, child.not_compared, child.events) == (0, "", [], [])
        seen = [one for one in child.observations if not one.what.startswith("variable")]
        assert [(one.aspect, one.what, one.about, str(one.stack[0].place)) for one in seen] == [
            ("state", "SGD parameters at start", "SGD#1", "train.py:12"),
            ("state", "SGD.step digests", "SGD#1", "train.py:19"),
            ("training", "SGD.step parameters", "SGD#1", "train.py:19"),
            ("training", "backward loss", "", "train.py:18"),
            ("state", "DataLoader batches", "", "train.py:15"),
            ("predictions", "Linear.forward", "Linear#1", "train.py:22"),
        ]
        values.append([one.value for one in seen])
    assert [a.digest == b.digest for a, b in zip(values[0], values[1], strict=True)] == [True] * 6
    assert [a.digest == b.digest for a, b in zip(values[0], values[2], strict=True)] == [True] + [False] * 5
    _, steps, parameters, losses, batches, prediction = values[0]
    assert isinstance(steps, Items)
    assert isinstance(parameters, Items)
    assert isinstance(losses, Items)
    assert isinstance(batches, Items)
    assert (steps.length, parameters.length, losses.length, batches.length) == (8, 2, 8, 8)
    assert isinstance(losses.values[0], Scalar)
    assert isinstance(prediction, Array)


def test_compiled_functions_stay_whole(tmp_path: Path) -> None:
    """A compiler follows the watched functions and modules without a break."""
    source = """
import torch
from torch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5))
def work(x):
    return torch.rand(2).sum() + model(x).sum() + nn.functional.dropout(x, 0.5).sum() + x.clone().normal_().sum()
print(torch.compile(work, backend="eager", fullgraph=True)(torch.ones(2, 4)).shape)
"""
    child = run_script(tmp_path / "project", source)
    assert (child.code, child.stdout, child.not_compared) == (0, "torch.Size([])\n", [])
    assert [event for event in child.events if event.source == "torch"] == []
