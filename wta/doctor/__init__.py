"""Finds out what is missing on this machine, and how to get it."""

from wta.doctor.checks import run_checks
from wta.doctor.finding import Finding, State

__all__ = ["Finding", "State", "run_checks"]
