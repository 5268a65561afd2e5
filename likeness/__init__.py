"""The front door: one command, `likeness`. It parses, calls and prints, and decides nothing.

Nobody imports it but the `__main__.py` of the other packages.
"""

__version__ = "0.2.0"
