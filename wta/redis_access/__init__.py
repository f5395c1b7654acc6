"""How this project reaches Redis: clients, a server of our own, and what tells somebody else's from ours."""
