"""Results of the workers: Redis Pub/Sub wakes whoever waits, and the kept events hold the results."""
