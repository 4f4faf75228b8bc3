"""Values that match a schema, and marks in them by which they are known again."""
