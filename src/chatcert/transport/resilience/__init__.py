"""What a run does about failures that are not the server's answer to a request: retry, pause, probe, stop."""
