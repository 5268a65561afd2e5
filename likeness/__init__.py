"""The front door: one command, `likeness`. It parses, calls and prints, and decides nothing.

Nobody imports it but the `__main__.py` of the other packages.
"""

from data_cleaning.version import VERSION as __version__

__all__ = ["__version__"]
