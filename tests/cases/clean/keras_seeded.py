"""Weights, dropout and the order of batches are drawn, and one call seeds all of them."""
# needs: tensorflow

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(11)
X, y = load_digits(return_X_y=True)
X = (X[:300] / 16).astype("float32")
y = y[:300]
noise = tf.random.normal(X.shape, stddev=0.05).numpy()  # not: unseeded-tensorflow

layers = [
    keras.layers.Input((64,)),
    keras.layers.Dense(16, "relu"),
    keras.layers.Dropout(0.2),
    keras.layers.Dense(10, "softmax"),
]
model = keras.Sequential(layers)
model.compile("adam", "sparse_categorical_crossentropy")
history = model.fit(X + noise, y, epochs=2, verbose=0)
print(f"loss {history.history['loss'][-1]:.4f}")
print(model.predict(X[:2], verbose=0).argmax(axis=1))
