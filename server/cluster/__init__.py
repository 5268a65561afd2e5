"""Several servers that share one PostgreSQL database and one folder of models.

What they have to agree on, and nothing about recognition or HTTP. With SQLite there is one server.
"""
