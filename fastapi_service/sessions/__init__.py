"""One speaker on one WebSocket: docs/protocol.md."""
