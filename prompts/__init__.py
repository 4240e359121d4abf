"""What the model is told: templates and one render function."""
