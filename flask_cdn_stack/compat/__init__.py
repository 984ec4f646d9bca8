"""The public names of Flask-CDN, Flask-CDN-NG and Flask-S3: an app moves here by one import."""
