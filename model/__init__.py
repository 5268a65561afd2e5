"""Stair 2: crops -> features -> names. Knows nothing of HTTP."""
