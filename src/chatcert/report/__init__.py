"""report.json and every view of it."""
