"""What a Flask app publishes: files, names, content types and checksums. No network."""
