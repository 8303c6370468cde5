"""What a run wrote: which files, and what is in them, read into values; one module for each family of formats."""
