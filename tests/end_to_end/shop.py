"""An app with a factory and nested blueprints, one of whose pages names every static file there is."""

from __future__ import annotations

APP = """
    from flask import Blueprint, Flask, render_template

    from flask_cdn_stack import CDN

    FILES = {}

    reviews = Blueprint("reviews", __name__, static_folder="reviews", static_url_path="/files", url_prefix="/reviews")
    catalog = Blueprint("catalog", __name__, static_folder="catalog", url_prefix="/catalog")
    catalog.register_blueprint(reviews)


    @catalog.get("/")
    def index():
        return render_template("page.html", files=list_files())


    def list_files():
        from flask import current_app as app

        blueprints = {f"{name}.static": blueprint.static_folder for name, blueprint in app.blueprints.items()}
        for endpoint, folder in {"static": app.static_folder, **blueprints}.items():
            from pathlib import Path

            for path in Path(folder).rglob("*"):
                if path.is_file():
                    yield endpoint, path.relative_to(folder).as_posix()


    def create_app():
        app = Flask(__name__)
        app.config.from_object("cdn_config")
        CDN(app)
        app.register_blueprint(catalog)

        @app.get("/")
        def index():
            return render_template("page.html", files=[])

        return app
"""
PAGE = """
    <a href="{{ url_for('index') }}">Home</a> <a href="{{ url_for('catalog.index') }}">Catalog</a>
    <link rel="stylesheet" href="{{ url_for('static', filename='css/app.css') }}">
    {% for endpoint, file in files %}<img src="{{ url_for(endpoint, filename=file) }}">{% endfor %}
"""
#: Content type by suffix.
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
    "png": "image/png",
    "ico": "image/vnd.microsoft.icon",
    "": "application/octet-stream",
}
