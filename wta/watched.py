"""`python -m wta.watched COMMAND…` is the name by which manifests from before 0.9 call `wta.health.run_watched`."""

import runpy

if __name__ == "__main__":
    runpy.run_module("wta.health.run_watched", run_name="__main__")
