"""Measures speech to text on recordings: how soon the text is there, and how many words are wrong or lost."""
