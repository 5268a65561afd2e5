"""Where in a picture to look: Detection, the detectors and their table, crops, alignment and
quality.

Nothing here knows who is in a picture.
"""
