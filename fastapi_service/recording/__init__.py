"""The blocking half of a session: it turns audio into utterances and writes them to the ledger."""
