# needs: tensorflow
"""Noise of TensorFlow's own, made in a function; numpy is seeded."""

import numpy as np
import tensorflow as tf

np.random.seed(1)


def disturbed(values):
    noise = tf.random.normal([len(values)], stddev=0.1)  # expect: unseeded-tensorflow
    return values + noise.numpy()


measured = np.linspace(0, 1, 12).astype("float32")
print("mean", round(float(disturbed(measured).mean()), 5))
