"""The web service: a speaker's WebSocket, the page, and the health of the whole."""
