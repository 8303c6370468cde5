"""Leaves: one folder for each class, one file for each leaf."""

import os


def class_names(root):
    with os.scandir(root) as entries:  # expect: file-order
        return [entry.name for entry in entries if entry.is_dir()]


def samples(folder):
    files = sorted(folder.iterdir())
    return [[float(word) for word in file.read_text().split()] for file in files]
