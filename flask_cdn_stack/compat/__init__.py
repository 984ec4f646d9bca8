"""The public names of Flask-CDN, Flask-CDN-NG and Flask-S3, so that an app moves here by changing one import."""
