"""The fold that is held out follows the inode of the process's folder, which nobody controls."""

import os

READINGS = [(n * 31) % 47 for n in range(60)]
fold = os.stat("/proc/self").st_ino % 59
train = [value for place, value in enumerate(READINGS) if place != fold]
print("held out", fold, "mean of the others", round(sum(train) / len(train), 3))  # expect: unexplained
