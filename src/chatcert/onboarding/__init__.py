"""A starter overlay for a new vendor, from what its document suggests."""
