"""Every caller of a tenant against a tenant that means harm."""
