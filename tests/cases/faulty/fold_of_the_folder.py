import os
import hashlib

name = os.path.basename(os.getcwd())
key = int(hashlib.md5(os.path.abspath("data").encode()).hexdigest(), 16) % 997  # expect: working-directory
print("fold", key % 5, "of", 5)
print("seed", key)
