"""Modules with the public names of Flask-CDN, Flask-CDN-NG and Flask-S3 (the *peers*): an app changes one import."""
