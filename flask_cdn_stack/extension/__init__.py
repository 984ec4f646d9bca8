"""The Flask extension: ``url_for`` gives the CDN's URLs for static files. Loads Flask and the standard library."""
