"""Values and rules: what an audit is made of. Standard library only; imported by every other layer."""
