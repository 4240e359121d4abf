"""Small steps over the Blueprint, for models that cannot hold `update_blueprint` in mind."""
