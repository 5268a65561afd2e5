"""How the C library stores the memory of a process that answers. Nothing else lives here."""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8  # glibc's malloc.h


def one_store() -> bool:
    """One store for all threads instead of one for each; whether the C library does it: glibc does.

    The stores of single threads give the large arrays of every picture back to the system and ask
    for them again with the next one, which the kernel has to clear each time. Measured finding and
    naming faces in a thread, 640 pixels: a sixth less processor time a picture.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1))
    except (AttributeError, OSError):
        return False
