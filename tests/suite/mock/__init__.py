"""Tests of the bundled server: the reference behaviour first, then its faults."""
