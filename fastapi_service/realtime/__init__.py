"""OpenAI's Realtime transcription: a WebSocket at `/v1/realtime`. docs/realtime.md describes it."""
