"""One module for each part of the measurement."""
