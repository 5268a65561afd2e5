"""Long work: the queue, the process that does it, and its routes.

Training itself runs in a child process, never here.
"""
