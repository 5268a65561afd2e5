"""Bringing pictures into a class from folders, archives and lists of addresses.

Nothing here looks at what a picture shows.
"""
