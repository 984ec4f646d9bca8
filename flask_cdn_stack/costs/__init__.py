"""An estimate of what AWS charges for a CDN. No network."""
