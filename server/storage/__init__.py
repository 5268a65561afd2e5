"""The database: opening, tables, migrations, and the journal before it.

What is asked of it lives with those who ask.
"""
