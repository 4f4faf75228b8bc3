"""The report as people and programs read it, one module a format."""
