"""Everything that cannot be made again, as one file, and back. Knows no HTTP and no model."""
