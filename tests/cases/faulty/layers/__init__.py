"""Layers of a small network."""
