"""Hand-written servers to measure a contract-testing tool against."""

from .incidents_table import INCIDENTS
from .incidents_table import MANNERS as LOOK_ALIKES
from .reference import VENDORS, environment
from .registry import DEFECTS, MANNERS, sample
from .serve import serve

__all__ = ["DEFECTS", "INCIDENTS", "LOOK_ALIKES", "MANNERS", "VENDORS", "environment", "sample", "serve"]
