"""Releases: planning and uploading, the record in the bucket, publishing, rolling back and pruning."""
