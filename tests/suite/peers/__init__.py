"""Hand-written servers to measure a contract-testing tool against."""

from .reference import VENDORS, environment
from .registry import DEFECTS, MANNERS, sample
from .serve import serve

__all__ = ["DEFECTS", "MANNERS", "VENDORS", "environment", "sample", "serve"]
