"""Requests: valid ones, and what is changed in them; how bodies and parameters are written."""
