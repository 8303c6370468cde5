"""What a run's results depend on besides code, data and conditions: interpreter, platform, packages."""
