"""The blocking half of a session: audio in, ledger written."""
