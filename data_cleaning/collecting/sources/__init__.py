"""Where pictures come from: one small function a kind of source, in the table of `table.py`.

A source only gives entries, one at a time. Nothing is decoded, judged or stored here.
"""
