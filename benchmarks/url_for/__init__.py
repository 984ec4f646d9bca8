"""The extension: each call of ``url_for``, a rendered page, and what a web server pays to start with it."""
