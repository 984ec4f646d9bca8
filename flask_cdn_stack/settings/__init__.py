"""The settings file: model, loading, schema."""
