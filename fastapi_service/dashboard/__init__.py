"""The operator's dashboard, whole: docs/dashboard.md."""
