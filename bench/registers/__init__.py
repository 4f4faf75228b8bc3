"""Registers made for measurements and tests: their entries rest on no report."""
