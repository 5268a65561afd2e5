"""Data sets for other programs, and what was decided in them: Label Studio, arrays of numpy.

No model is asked here, and no picture of the data set is changed.
"""
