"""The Open Inference Protocol, version 2, as KServe and its clients speak it.

Only the shape is theirs: pictures are answered by server/recognition.
"""
