"""The embedded AWS, asked with boto3."""
