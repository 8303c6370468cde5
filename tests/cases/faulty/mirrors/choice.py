"""Which mirror."""

import psutil


def mirror():
    devices = [name for name in psutil.net_if_addrs() if name != "lo"]  # expect: network
    return "near" if devices else "local"
