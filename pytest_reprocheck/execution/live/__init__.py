"""Cells of a live session, run in forked copies of it."""
