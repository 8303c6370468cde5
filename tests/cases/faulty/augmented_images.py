"""The network is seeded by Keras; the noise that is added to the pictures is drawn by TensorFlow before that."""
# needs: tensorflow

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
X = (X[:300] / 16).astype("float32")
y = y[:300]


def augmented(images, copies):
    noisy = [images + tf.random.normal(images.shape, stddev=0.1) for _ in range(copies)]  # expect: unseeded-tensorflow
    return np.concatenate([images, *[part.numpy() for part in noisy]])


def build():
    keras.utils.set_random_seed(5)
    layers = [keras.layers.Input((64,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


inputs, targets = augmented(X, copies=2), np.tile(y, 3)
model = build()
history = model.fit(inputs, targets, epochs=2, verbose=0)
print(f"loss {history.history['loss'][-1]:.4f}")
