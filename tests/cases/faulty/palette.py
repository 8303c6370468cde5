"""Colours and glyphs of a plot, both numbered in the order of a set."""

colours = {"red", "green", "blue", "grey"}
shapes = {"disc", "square", "star", "ring", "bar"}
palette = list(colours)  # expect: hash-order
print("palette", palette)
glyphs = {s: i for i, s in enumerate(shapes)}  # expect: hash-order
print("glyphs", glyphs)
