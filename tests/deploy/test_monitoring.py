"""Prometheus's configuration and Grafana's dashboard against the metrics that there are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import redis
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import ROOT
from tests.support.require import binary
from wta import names
from wta.ledger import Ledger
from wta.messages import Label, Result, Timings
from wta.metrics import Metrics, ResultMetrics, StageMetrics, WebhookMetrics, WebMetrics
from wta.names import Stage
from wta.settings import Settings

_PROMETHEUS = ROOT / "deploy" / "prometheus"
_ALERTS = ROOT / "tests" / "deploy" / "alerts.yml"
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
    web.key_sessions.labels("anna").inc()
    web.live_text.observe(0.4)
    results.watch_disk(ROOT)
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
    assert "18 rules found" in done.stdout


def test_every_alert_fires_in_a_broken_system_and_is_silent_in_a_healthy_one() -> None:
    promtool = binary("promtool", "apt-get install prometheus")
    # Given an expectation for each alert: one that fires, and one in the healthy system
    groups = yaml.safe_load((_PROMETHEUS / "rules.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    healthy, *broken = (test["alert_rule_test"] for test in yaml.safe_load(_ALERTS.read_text())["tests"])
    assert {expected["alertname"] for expected in healthy} == alerts
    assert {expected["alertname"] for test in broken for expected in test if expected.get("exp_alerts")} == alerts
    # When Prometheus plays them, expect what they say
    done = subprocess.run([promtool, "test", "rules", str(_ALERTS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_prometheus_asks_every_service_at_its_metrics_port_and_never_at_the_public_one() -> None:
    jobs = yaml.safe_load((_PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    asked = {name: dns["port"] for job in jobs for dns in job["dns_sd_configs"] for name in dns["names"]}
    metrics = {name: service["environment"].get("WTA_METRICS_PORT") for name, service in services.items()
               if "WTA_METRICS_PORT" in service.get("environment", {})}  # fmt: skip
    assert {name: str(port) for name, port in asked.items()} == metrics


def test_what_nothing_has_happened_to_is_counted_as_0(redis_client: redis.Redis, settings: Settings) -> None:
    web = WebMetrics(redis_client, Ledger(redis_client, settings), lambda: 0)
    found = samples([StageMetrics(), ResultMetrics(), WebhookMetrics(), web])
    assert found["wta_attempts_total", (("outcome", "given_up"), ("stage", "audio"))] == 0
    assert found["wta_webhook_attempts_total", (("outcome", "given_up"),)] == 0
    assert found["wta_closed_total", (("code", "1013"),)] == 0
    assert found["wta_results_total", (("label", "none"), ("status", "failed"))] == 0
    assert found["wta_partials_total", (("outcome", "stale"),)] == 0


def test_metrics_say_who_is_behind(redis_client: redis.Redis, settings: Settings) -> None:
    # Given a result of two minutes ago, of which neither the log nor a webhook has heard
    seconds, _ = redis_client.time()
    before, result = (f"{(seconds - ago) * 1000}-0" for ago in (130, 120))
    redis_client.xadd(names.RESULTS_STREAM, {"json": "{}"}, id=result)
    redis_client.set(names.LISTENER_CURSOR, before)
    redis_client.set(names.WEBHOOK_CURSOR, before)
    redis_client.lpush(names.TEXT_QUEUE, "x", "y")
    # Expect both to be late by that, and the queue's length
    found = samples(used(redis_client, settings))
    assert found["wta_listener_lag_seconds", ()] == pytest.approx(120, abs=5)
    assert found["wta_webhooks_lag_seconds", ()] == pytest.approx(120, abs=5)
    assert found["wta_queue_length", (("queue", names.TEXT_QUEUE),)] == 2
    # When it is in the log, and its delivery is owed since a minute, expect this
    redis_client.mset({names.LISTENER_CURSOR: result, names.WEBHOOK_CURSOR: result})
    redis_client.zadd(names.WEBHOOKS_PENDING, {f"a1b2c3d4:{result}": seconds - 60})
    found = samples(used(redis_client, settings))
    assert found["wta_listener_lag_seconds", ()] == 0
    assert found["wta_webhooks_lag_seconds", ()] == pytest.approx(60, abs=5)


def test_the_grafana_dashboard_is_what_its_program_makes(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "grafana" / "make_dashboard.py"
    code = f"import runpy, json; print(json.dumps(runpy.run_path({str(script)!r})['dashboard']()))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(made) == json.loads(_DASHBOARD.read_text())
