"""Prometheus's configuration and Grafana's dashboard against the metrics that there are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import redis
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import ROOT
from tests.support.require import binary
from wta import names
from wta.ledger import Ledger
from wta.messages import Label, Result, Timings
from wta.metrics import Metrics, ResultMetrics, StageMetrics, WebMetrics
from wta.names import Stage
from wta.settings import Settings

_PROMETHEUS = ROOT / "deploy" / "prometheus"
_DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "wta.json"
_NAME = re.compile(r"\bwta_[a-z_]+")


def used(client: redis.Redis, settings: Settings) -> list[Metrics]:
    """Every kind of process's metrics, after something has happened."""
    stage, results = StageMetrics(), ResultMetrics()
    stage.worked(Stage.AUDIO, 0.3)
    stage.ended(Stage.AUDIO, "committed")
    results.add(
        Result(
            utterance_id="s:1", session_id="s", seq=1, trace_id="t", start=0.0, end=2.0, text="Fine.",
            label=Label.POSITIVE, score=0.9, timings=Timings(captured=10.0, cut=10.4, queued=10.4, stt_start=10.5,
            stt_end=10.9, analysed=11.0, published=11.0),
        )
    )  # fmt: skip
    web = WebMetrics(client, Ledger(client, settings), lambda: 3)
    web.closed.labels("1000").inc()
    web.requeued.inc(2)
    return [stage, results, web]


def samples(metrics: list[Metrics]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = (family for one in metrics for family in text_string_to_metric_families(one.text().decode()))
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_every_metric_that_prometheus_and_grafana_ask_for_is_counted(
    redis_client: redis.Redis, settings: Settings
) -> None:
    there = {name for name, _ in samples(used(redis_client, settings))}
    asked = set(_NAME.findall((_PROMETHEUS / "rules.yml").read_text() + _DASHBOARD.read_text()))
    assert len(asked) > 10
    assert asked <= there


def test_metrics_have_the_right_figures(redis_client: redis.Redis, settings: Settings) -> None:
    redis_client.set(names.WAITING_MS, 6_500)
    found = samples(used(redis_client, settings))
    assert found["wta_queue_seconds", ()] == 6.5
    assert found["wta_sessions", ()] == 3
    assert found["wta_requeued_total", ()] == 2
    assert found["wta_workers", (("kind", "stt_worker"),)] == 0
    assert found["wta_results_total", (("label", "POSITIVE"), ("status", "done"))] == 1
    assert found["wta_step_seconds_sum", (("step", "total"),)] == 1.0
    assert found["wta_step_seconds_bucket", (("le", "0.5"), ("step", "stt"))] == 1


def test_metrics_say_that_redis_is_away(settings: Settings) -> None:
    nowhere = redis.Redis(port=1)
    found = samples([WebMetrics(nowhere, Ledger(nowhere, settings), lambda: 0)])
    assert found["wta_redis_up", ()] == 0 and ("wta_queue_seconds", ()) not in found


def test_prometheus_takes_the_configuration() -> None:
    promtool = binary("promtool", "apt-get install prometheus")
    done = subprocess.run(
        [promtool, "check", "config", str(_PROMETHEUS / "prometheus.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "7 rules found" in done.stdout


def test_the_grafana_dashboard_is_what_its_program_makes(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "grafana" / "make_dashboard.py"
    code = f"import runpy, json; print(json.dumps(runpy.run_path({str(script)!r})['dashboard']()))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(made) == json.loads(_DASHBOARD.read_text())
