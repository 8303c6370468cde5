"""Drawing without replacement."""
