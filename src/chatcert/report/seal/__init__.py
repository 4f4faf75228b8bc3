"""Signatures and digests that show whether a report was altered."""
