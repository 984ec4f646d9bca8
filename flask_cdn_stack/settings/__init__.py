"""The settings file ``flask-cdn-stack.yml``: its model, how it is read, and its JSON Schema."""
