"""`python -m wta.heartbeat KIND` is the name by which manifests from before 0.9 call `python -m wta.health.check`."""

import runpy

if __name__ == "__main__":
    runpy.run_module("wta.health.check", run_name="__main__")
