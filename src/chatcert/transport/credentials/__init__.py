"""Credentials: where they come from, how they are renewed, and in which forms a request carries them."""
