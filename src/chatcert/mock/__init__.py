"""The bundled server: a contract, answered to the letter."""
