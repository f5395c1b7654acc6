"""Who is alive, who looks after them, and who ends what is frozen."""
