"""Where requests go: targets, credentials, the HTTP client, retries, limits, and what came back."""
