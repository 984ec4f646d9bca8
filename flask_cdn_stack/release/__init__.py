"""Releases: what to upload, the record in the bucket that says what is there, and publishing safely."""
