"""Stair 1: picture bytes -> image -> detections -> crops; and a folder of pictures made fit to
train on.

Knows nothing of models or HTTP.
"""
