"""The parts of ``bench/run.py``, and the programs that it measures."""
