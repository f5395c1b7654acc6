"""What crosses a process boundary: messages, names, settings, the ledger, and the command line.

Imports no torch, no FastAPI and no service, so that every process can afford it.
"""

__version__ = "0.1.0"
