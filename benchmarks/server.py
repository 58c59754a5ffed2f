"""How fast the server answers, how little that depends on its store, and how well it holds."""
