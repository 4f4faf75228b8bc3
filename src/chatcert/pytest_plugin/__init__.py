"""The pytest door: options, one item a requirement, the report at the end, the exit status."""
