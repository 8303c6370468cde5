"""A program that imports libraries once and forks a run's processes: found by path, run by the runs' interpreter."""
