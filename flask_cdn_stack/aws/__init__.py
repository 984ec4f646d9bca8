"""Everything that calls AWS: credentials, CloudFormation, S3, CloudFront. Errors are those of ``errors.py``."""
