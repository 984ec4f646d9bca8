"""Variables and settings of obstore's and of botocore's, each with a value that would change something."""

from __future__ import annotations

#: Another service's address.
ELSEWHERE = "https://elsewhere.test.invalid"

#: A value of each of obstore's own variables that would change something; a file, or an address where nobody answers.
OF_OBSTORE = {
    "AWS_ACCESS_KEY_ID": "AKIAOTHER",
    "AWS_ALLOW_HTTP": "true",
    "AWS_ALLOW_INVALID_CERTIFICATES": "true",
    "AWS_BUCKET": "other",
    "AWS_BUCKET_NAME": "other",
    "AWS_CHECKSUM_ALGORITHM": "crc64nvme",
    "AWS_CONDITIONAL_PUT": "dynamo:locks",
    "AWS_CONNECT_TIMEOUT": "1ms",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/dev/null",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/full",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/relative",
    "AWS_COPY_IF_NOT_EXISTS": "no such way",
    "AWS_DEFAULT_CONTENT_TYPE": "text/odd",
    "AWS_DEFAULT_HEADERS": "x-amz-acl: public-read",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_DISABLE_BULK_DELETE": "true",
    "AWS_DISABLE_TAGGING": "true",
    "AWS_ENDPOINT": ELSEWHERE,
    "AWS_ENDPOINT_URL": ELSEWHERE,
    "AWS_ENDPOINT_URL_S3": ELSEWHERE,
    "AWS_ENDPOINT_URL_STS": ELSEWHERE,
    "AWS_HTTP1_ONLY": "false",
    "AWS_HTTP2_KEEP_ALIVE_INTERVAL": "1ms",
    "AWS_HTTP2_KEEP_ALIVE_TIMEOUT": "1ms",
    "AWS_HTTP2_KEEP_ALIVE_WHILE_IDLE": "true",
    "AWS_HTTP2_ONLY": "true",
    "AWS_IMDSV1_FALLBACK": "true",
    "AWS_METADATA_ENDPOINT": "http://127.0.0.1:9",
    "AWS_POOL_IDLE_TIMEOUT": "1ms",
    "AWS_POOL_MAX_IDLE_PER_HOST": "0",
    "AWS_PROXY_CA_CERTIFICATE": "no certificate",
    "AWS_PROXY_EXCLUDES": "*",
    "AWS_PROXY_URL": "http://127.0.0.1:9",
    "AWS_RANDOMIZE_ADDRESSES": "false",
    "AWS_READ_TIMEOUT": "1ms",
    "AWS_REGION": "us-west-2",
    "AWS_REQUEST_PAYER": "requester",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/other",
    "AWS_ROLE_SESSION_NAME": "other",
    "AWS_ROOT_CERTIFICATE": "no certificate",
    "AWS_S3_EXPRESS": "true",
    "AWS_SECRET_ACCESS_KEY": "other",
    "AWS_SERVER_SIDE_ENCRYPTION": "aws:kms",
    "AWS_SESSION_TOKEN": "a-token",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_SSE_BUCKET_KEY_ENABLED": "true",
    "AWS_SSE_CUSTOMER_KEY_BASE64": "a2V5",
    "AWS_SSE_KMS_KEY_ID": "a-key",
    "AWS_STS_ENDPOINT": ELSEWHERE,
    "AWS_TIMEOUT": "1ms",
    "AWS_TOKEN": "a-token",
    "AWS_UNSIGNED_PAYLOAD": "true",
    "AWS_USER_AGENT": "other",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null",
}

#: The same of botocore's, by the name that it has in a profile, or in its section ``s3``.
OF_BOTOCORE = {
    "account_id_endpoint_mode": "required",
    "auth_scheme_preference": "sigv4",
    "data_path": "/dev/null",
    "defaults_mode": "in-region",
    "disable_host_prefix_injection": "true",
    "disable_request_compression": "true",
    "ec2_metadata_service_endpoint": "http://127.0.0.1:9",
    "ec2_metadata_service_endpoint_mode": "ipv6",
    "ec2_metadata_v1_disabled": "true",
    "endpoint_discovery_enabled": "true",
    "ignore_configured_endpoint_urls": "true",
    "imds_use_ipv6": "true",
    "max_attempts": "2",
    "metadata_service_num_attempts": "2",
    "metadata_service_timeout": "2",
    "region": "us-west-2",
    "request_checksum_calculation": "when_required",
    "request_min_compression_size_bytes": "1",
    "response_checksum_validation": "when_required",
    "retry_mode": "adaptive",
    "s3_disable_express_session_auth": "true",
    "sigv4a_signing_region_set": "*",
    "sts_regional_endpoints": "legacy",
    "tcp_keepalive": "true",
    "use_dualstack_endpoint": "true",
    "use_fips_endpoint": "true",
    "user_agent_appid": "shop",
}
OF_S3 = {
    "addressing_style": "path",
    "payload_signing_enabled": "false",
    "s3_disable_multiregion_access_points": "true",
    "us_east_1_regional_endpoint": "regional",
    "use_accelerate_endpoint": "true",
    "use_arn_region": "false",
    "use_dualstack_endpoint": "true",
}

#: Files and profiles, which other tests set; what is said of requests to whom it may concern; what no variable says.
ELSEWHERE_TESTED = {"ca_bundle", "config_file", "credentials_file", "profile"}
ELSEWHERE_TESTED |= {"csm_client_id", "csm_enabled", "csm_host", "csm_port", "api_versions", "parameter_validation"}

#: Those of obstore's that boto3, or this program, reads too.
BOTO3_KNOWS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"}
BOTO3_KNOWS |= {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"}

#: What has no value to obstore that would be as if it were not set: boto3 does the work then.
BY_BOTO3 = {"AWS_SERVER_SIDE_ENCRYPTION"}
