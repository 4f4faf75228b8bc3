"""Schemas: rewritten to JSON Schema 2020-12, walked, compared and validated."""
