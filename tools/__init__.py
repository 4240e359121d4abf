"""What a model can do, and the typed description, components and checks behind it."""
