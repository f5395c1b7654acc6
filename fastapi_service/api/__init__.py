"""The plain HTTP routes, and what all routes share. docs/api.md describes them."""
