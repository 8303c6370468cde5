# vary: simd
"""A helper fits the directions of data of low rank: the last ones are rounding alone."""

from numerics.spectra import directions
import numpy as np

generator = np.random.default_rng(6)
x = generator.normal(size=(200, 6)) @ generator.normal(size=(6, 40))
print("angle of the last two", directions(x))
