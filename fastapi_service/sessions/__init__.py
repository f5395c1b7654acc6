"""A session of one speaker over one WebSocket, as docs/protocol.md specifies it."""
