"""What AWS would charge for a CDN, estimated from numbers alone."""
