"""Ranks of pages, by adding what each page gives to those that it links to."""

import torch


def ranks(links: torch.Tensor, pages: int, rounds: int) -> torch.Tensor:
    rank = torch.full((pages,), 1.0 / pages, device=links.device)
    given = torch.bincount(links[0], minlength=pages).clamp(min=1)
    for _ in range(rounds):
        moved = (rank / given)[links[0]]
        rank = torch.zeros_like(rank).scatter_add_(0, links[1], moved) * 0.85 + 0.15 / pages
    return rank
