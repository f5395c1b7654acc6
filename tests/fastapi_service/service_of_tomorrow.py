"""The web service on a machine whose clock is a day ahead of all others."""

from __future__ import annotations

import time

from fastapi_service.__main__ import main

_AHEAD_S = 86_400

if __name__ == "__main__":
    today = time.time
    time.time = lambda: today() + _AHEAD_S
    main()
