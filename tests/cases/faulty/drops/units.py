"""Units are left out by chance."""

import tensorflow as tf


def kept(activations):
    return tf.nn.dropout(activations, rate=0.4)  # expect: unseeded-tensorflow
