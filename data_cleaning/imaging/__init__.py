"""Picture bytes to pixels and back: decoding, limits, resizing, encoding, near copies.

The only package that touches a codec. No detector, no data set and no model lives here.
"""
