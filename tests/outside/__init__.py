"""Effects outside: real servers at an address that is not loopback, in a network namespace of the tests' own."""
