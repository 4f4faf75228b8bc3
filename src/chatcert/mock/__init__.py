"""The bundled server, which answers exactly as a contract says, or with a fault or a manner."""
