"""Tests of what runs inside an audited process."""
