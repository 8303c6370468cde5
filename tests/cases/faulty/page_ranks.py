"""Ranks that a module of its own adds up on the GPU; where they begin to differ is the call."""
# needs: torch
# needs: gpu

import torch
from ranking.scatter import ranks

generator = torch.Generator().manual_seed(9)
links = torch.randint(0, 2_000, (2, 3_000_000), generator=generator).to("cuda")
rank = ranks(links, 2_000, 40)  # expect: gpu-kernel
print("first page:", rank[0].double().item())
print("best page:", int(rank.argmax()))
