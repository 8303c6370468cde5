"""Encoders shared by several scripts."""
