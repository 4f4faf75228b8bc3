"""The document as a whole: read within bounds, with its overlay applied, and the operation that is meant."""
