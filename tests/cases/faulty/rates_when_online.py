# vary: network
"""With a network the newest rate would be asked for; without one an old one is good enough."""

import socket


def online():
    return any(name != "lo" for _number, name in socket.if_nameindex())  # expect: network


RATES = {True: 1.0841, False: 1.0712}
amounts = [120.0, 75.5, 310.25]
print("in dollars", [round(amount * RATES[online()], 2) for amount in amounts])
