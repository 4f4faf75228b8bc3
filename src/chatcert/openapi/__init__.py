"""Any OpenAPI document and its overlay become a contract. Pure but for reading the files that it is given."""
