"""Findings on bodies that are replayed: which ones, on which server, and how they are made shorter by hand."""
