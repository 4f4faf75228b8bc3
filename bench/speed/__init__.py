"""What ``bench/run.py`` measures, and with what."""
