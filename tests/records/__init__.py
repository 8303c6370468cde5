"""Tests of records: what is in them, and what is told of two of them."""
