"""Where requests go: settings, credentials, the HTTP client, and what came back."""
