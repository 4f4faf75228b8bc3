"""The register: a public list of certificates on TUF metadata, with a way in, objections, an end and a site."""
