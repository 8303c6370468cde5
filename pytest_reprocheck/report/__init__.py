"""Audits as people and programs read them; every function here turns values into text, or back."""
