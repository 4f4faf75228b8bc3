"""A run, from the options to the report on disk."""
