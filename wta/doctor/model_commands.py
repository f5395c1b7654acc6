"""Runs the workers' commands for their models, in processes of their own: wta imports no service and no torch."""

from __future__ import annotations

import os
import subprocess
import sys

from wta.settings import PROJECT_ROOT, Settings

MODEL_MODULES = ("stt_worker.models", "analyzer_worker.models")


def run_model_command(
    module: str, action: str, settings: Settings, quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE ACTION` on the models that the settings name.

    Its output goes to the terminal, or with `quiet` into the result.
    """
    environment = os.environ | {
        "WTA_MODELS_DIR": str(settings.models_dir.absolute()),
        "WHISPER_MODEL": settings.whisper_model,
        "WTA_LANGUAGE": settings.language or "",
        "WTA_STT_TASK": settings.stt_task,
        "WTA_STT_ENGINE": settings.stt_engine,
        "WTA_THREADS": str(settings.threads),
        "SENTIMENT_MODEL": settings.sentiment_model or "",
    }
    return subprocess.run(
        [sys.executable, "-m", module, action], cwd=PROJECT_ROOT, env=environment, text=True, check=False,
        capture_output=quiet,
    )  # fmt: skip
