import os

FILE = "run_id.txt"


def next_id():
    number = 0
    if os.path.exists(FILE):  # expect: leftover-state
        with open(FILE) as file:
            number = int(file.read())
    with open(FILE, "w") as file:
        file.write(str(number + 1))
    return number
