"""The operator's dashboard. docs/dashboard.md describes it."""
