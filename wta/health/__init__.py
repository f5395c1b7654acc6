"""Heartbeats: who writes them, who reads them, and what ends a process whose heartbeat has stopped."""
