"""Augmented training images from a class that makes its own generator; np.random.seed does not reach it."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

np.random.seed(0)


class Augmenter:
    """Copies of images with noise on top."""

    def __init__(self, copies, scale):
        self.copies = copies
        self.scale = scale
        self.rng = np.random.default_rng()  # expect: unseeded-numpy

    def __call__(self, images, labels):
        noisy = [images + self.rng.normal(scale=self.scale, size=images.shape) for _ in range(self.copies)]
        return np.concatenate([images, *noisy]), np.tile(labels, self.copies + 1)


images, labels = load_digits(return_X_y=True)
train_images, train_labels = Augmenter(copies=2, scale=4.0)(images[:400], labels[:400])
model = RidgeClassifier().fit(train_images, train_labels)
print(f"accuracy {model.score(images[400:], labels[400:]):.4f}")
