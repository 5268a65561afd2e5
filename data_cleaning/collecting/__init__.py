"""Bringing pictures into a class, from wherever they are: checked, noted, each of them once.

What kinds of sources there are stands in `sources`. Nothing here looks at whom a picture shows.
"""
