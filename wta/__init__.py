"""What crosses a process boundary: messages, names, settings, the ledger, and the command line.

Imports no torch, no FastAPI and no service, so that every process can afford it.
"""

import os

__version__ = "0.9.0"

# Speech stays here, and so does what else these libraries would report to their makers. Read when they are imported.
for _switch in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_switch, "1")
