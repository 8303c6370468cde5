"""What the documentation shows is run, what it says is compared with the code."""
