"""An edge on loopback: what CloudFront does with viewers' requests, in front of the local AWS."""
