import os

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")  # expect: working-directory
