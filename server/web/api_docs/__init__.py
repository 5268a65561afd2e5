"""The API documents itself: the OpenAPI document, its examples and the pages made from it.

No route of a subject lives here.
"""
