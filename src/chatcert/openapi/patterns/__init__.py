"""Regular expressions: matched, compared and turned into texts."""
