"""Queries of the shop."""
