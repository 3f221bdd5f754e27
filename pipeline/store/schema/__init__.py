"""Tables, engine and migrations of the store."""
