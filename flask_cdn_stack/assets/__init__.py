"""From an app's static files to the objects to publish: names, content types, checksums and headers. No network."""
