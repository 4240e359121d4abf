"""Rows of an older schema, made before a migration and looked for after it."""
