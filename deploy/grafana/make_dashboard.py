"""Writes dashboards/wta.json. Usage: `python deploy/grafana/make_dashboard.py`. Each row of PANELS is one panel."""

import json
from pathlib import Path
from typing import Any


def quantile(q: float, metric: str, by: str = "le", only: str = "") -> str:
    return f"histogram_quantile({q}, sum by ({by}) (rate({metric}_bucket{only}[1m])))"


PANELS: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("How far the system is behind", "s", [
        ("max(wta_delay_seconds)", "delay"),
        (quantile(0.95, "wta_live_text_seconds"), "live text, 95 %"),
        ("max(wta_listener_lag_seconds)", "log"), ("max(wta_webhooks_lag_seconds)", "webhooks"),
    ]),
    ("Waiting", "short", [
        ("max(wta_queue_seconds)", "seconds of speech"), ("max(wta_waiting_texts)", "texts"),
        ("max by (queue) (wta_queue_length)", "{{queue}}"),
    ]),
    ("Speakers", "short", [
        ("sum(wta_sessions)", "speakers"), ("sum by (key) (wta_key_sessions)", "with the key {{key}}"),
    ]),
    ("Workers alive", "short", [("max by (kind) (wta_workers)", "{{kind}}")]),
    ("End of speech to result", "s", [
        (quantile(0.5, "wta_step_seconds", only='{step="total"}'), "median"),
        (quantile(0.95, "wta_step_seconds", only='{step="total"}'), "95 %"),
    ]),
    ("Where the time goes (95 %)", "s", [(quantile(0.95, "wta_step_seconds", "le, step"), "{{step}}")]),
    ("Work on one utterance (95 %)", "s", [(quantile(0.95, "wta_work_seconds", "le, stage"), "{{stage}}")]),
    ("Results a minute", "short", [("sum by (label) (rate(wta_results_total[1m])) * 60", "{{label}}")]),
    ("Seconds of speech a second", "short", [("sum(rate(wta_result_audio_seconds_total[1m]))", "speech")]),
    ("Attempts that failed, a minute", "short", [
        ('sum by (stage, outcome) (rate(wta_attempts_total{outcome!="committed"}[1m])) * 60', "{{stage}} {{outcome}}"),
        ("sum(rate(wta_requeued_total[1m])) * 60", "queued again"),
    ]),
    ("Not finished, and given up", "short", [("max(wta_pending)", "not finished"), ("max(wta_dead)", "given up")]),
    ("Requests for live text, a minute", "short", [
        ("sum by (outcome) (rate(wta_partials_total[1m])) * 60", "{{outcome}}"),
        ("sum(rate(wta_live_unanswered_total[1m])) * 60", "no answer in time"),
    ]),
    ("Connections closed, a minute", "short", [("sum by (code) (rate(wta_closed_total[1m])) * 60", "{{code}}")]),
    ("Redis memory", "percentunit", [("max(wta_redis_memory_fraction)", "of maxmemory")]),
]  # fmt: skip
"""Title, unit, and pairs of Prometheus expression and legend of each panel."""


def panel(number: int, title: str, unit: str, targets: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "gridPos": {"w": 8, "h": 8, "x": 8 * (number % 3), "y": 8 * (number // 3)},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + n), "expr": expr, "legendFormat": legend}
            for n, (expr, legend) in enumerate(targets)
        ],
    }


def dashboard() -> dict[str, Any]:
    return {
        "uid": "wta",
        "title": "WhisperTextAnalyzer",
        "schemaVersion": 39,
        "refresh": "5s",
        "time": {"from": "now-30m", "to": "now"},
        "panels": [panel(number, *row) for number, row in enumerate(PANELS)],
    }


if __name__ == "__main__":
    text = json.dumps(dashboard(), indent=1) + "\n"
    (Path(__file__).parent / "dashboards" / "wta.json").write_text(text, encoding="utf-8")
