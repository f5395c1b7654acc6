"""OpenAI's transcription interface. docs/openai.md describes it."""
