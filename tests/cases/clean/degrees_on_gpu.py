"""The same sums as in many places, by kernels that always add in the same order."""
# needs: torch
# needs: gpu

import os

os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"

import torch

torch.use_deterministic_algorithms(True)
torch.manual_seed(4)
source = torch.randint(0, 500, (2_000_000,), device="cuda")
weight = torch.rand(2_000_000, device="cuda")
degree = torch.zeros(500, device="cuda").index_add(0, source, weight)  # not: gpu-kernel
print("mean degree:", degree.double().mean().item())
