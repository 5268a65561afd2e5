"""Stair 3: HTTP, what was asked and answered, background work. Nothing about pixels, no training."""
