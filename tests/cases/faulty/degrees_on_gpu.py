"""The weights of a million edges are added up for each node on a GPU, in the order in which its threads come."""
# needs: torch
# needs: gpu

import torch

torch.manual_seed(4)
device = torch.device("cuda")
nodes, edges = 500, 2_000_000
source = torch.randint(0, nodes, (edges,), device=device)
weight = torch.rand(edges, device=device)
degree = torch.zeros(nodes, device=device).index_add(0, source, weight)  # expect: gpu-kernel
share = degree / degree.sum()
heaviest = int(share.argmax())
print("heaviest node:", heaviest)
print("share of the heaviest:", share[heaviest].double().item())
