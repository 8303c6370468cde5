"""Readers of locks: one file for each kind, one interface for all of them."""
