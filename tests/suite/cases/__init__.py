"""Tests of cases: one module a family, and one for each module that the families share."""
