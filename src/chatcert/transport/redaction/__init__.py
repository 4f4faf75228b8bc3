"""What keeps credentials out of everything that is recorded, and records within bounds."""
