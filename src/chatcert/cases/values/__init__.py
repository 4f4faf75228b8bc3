"""Values for the fields of a request: valid ones, those on a limit, and those that break one keyword."""
