"""Who is asking and what they may do: keys, sessions, roles.

Nothing here knows what is behind a route.
"""
