"""What crosses a process boundary: messages, names, settings, the ledger, and the command line.

This package imports no torch, no FastAPI and no service, so that every process can afford to load it.
"""

import os

__version__ = "0.9.0"

# Nothing leaves this machine: these libraries read the switches when they are imported, and then report no use to their
# makers.
for _switch in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_switch, "1")
