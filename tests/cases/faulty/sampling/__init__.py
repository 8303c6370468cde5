"""Monte Carlo helpers."""
