"""What a change will do to the platform: read from synthesised apps and from Terraform's plans."""
