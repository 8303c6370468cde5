"""What starts a run: programs of the standard library alone, run by path before the subject's interpreter."""
