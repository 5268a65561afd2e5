"""Stair 3: HTTP, what was asked and answered, background work. No pixels and no training."""
