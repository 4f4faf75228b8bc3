"""What answers are made of: how their bodies, headers, times and streams are read and checked."""
