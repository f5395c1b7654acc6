"""The faults, a file for each part of the system that they befall."""
