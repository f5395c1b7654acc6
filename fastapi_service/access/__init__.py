"""Access to the service: who may connect, and how many connections there may be."""
