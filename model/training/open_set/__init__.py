"""When to believe a name, though most people in the world are strangers: thresholds and what they
are fitted on.

Nothing here names anybody.
"""
