"""The one guarded fetcher: bytes from an address, capped in size and time, and never from inside.

The service and collecting share it. It knows no picture format, no data set and no web framework.
"""
