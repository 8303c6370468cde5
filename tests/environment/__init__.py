"""Tests of what a result depends on besides code and data."""
