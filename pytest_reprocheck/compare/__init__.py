"""Comparing two traces: alignment, and one ordered table of comparators, one file for each kind of value."""
