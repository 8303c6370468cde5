"""Readers of data folders."""
