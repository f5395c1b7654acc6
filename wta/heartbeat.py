"""`python -m wta.heartbeat KIND`: the name that manifests from before 0.9 have for `python -m wta.health.check`."""

import runpy

if __name__ == "__main__":
    runpy.run_module("wta.health.check", run_name="__main__")
