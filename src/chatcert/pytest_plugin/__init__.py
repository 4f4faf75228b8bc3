"""The pytest plugin, one of two front ends: options, one item a requirement, the report at the end, the exit status."""
