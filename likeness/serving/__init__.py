"""What `likeness serve` does at its machine: preparation, gunicorn, nginx."""
