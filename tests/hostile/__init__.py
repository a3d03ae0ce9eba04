"""Every caller of a tenant or a cluster against one that means harm."""
