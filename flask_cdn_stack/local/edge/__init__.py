"""A local edge: a caching server on loopback, in front of the local AWS, that answers viewers as CloudFront does."""
