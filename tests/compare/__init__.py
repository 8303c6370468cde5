"""Tests of the comparison of two traces."""
