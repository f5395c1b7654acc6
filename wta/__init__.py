"""What crosses a process boundary: messages, names, settings, the ledger, and the command line.

This package imports no torch, no FastAPI and no service, so that every process can afford to load it.
"""

import os

__version__ = "0.9.0"

# Speech stays on this machine, and these libraries report nothing to their makers. They read these switches when they
# are imported.
for _switch in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_switch, "1")
