"""How the processes of the service run: gunicorn, its worker, the allocator.

Nothing here knows a route.
"""
