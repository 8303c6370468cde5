"""Functions of ``time`` as they are before anybody replaces them, for what is loaded later."""

from time import gmtime, localtime, monotonic, strftime

__all__ = ["gmtime", "localtime", "monotonic", "strftime"]
