"""For those who host the service: health, metrics, logs, housekeeping.

Labels and lines never hold the name of a person.
"""
