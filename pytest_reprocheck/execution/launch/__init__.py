"""Programs that stand between this process and a run: found by path, run by an interpreter of their own."""
