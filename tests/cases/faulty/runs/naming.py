import os


def run_number():
    return os.getpid()  # expect: process-id
