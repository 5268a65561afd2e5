"""Samples to a fitted recogniser: classifiers, search, calibration, the open-set threshold.

No HTML, no printing and no saving.
"""
