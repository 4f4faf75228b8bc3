"""From a contract to its catalogue of requirements, one module a family. Pure."""
