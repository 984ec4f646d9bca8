"""AWS as this tool needs it: credentials, CloudFormation, S3 objects, CloudFront. Errors come out as our own."""
