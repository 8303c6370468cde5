"""Tests of the benchmarks that judge by themselves what is right."""
