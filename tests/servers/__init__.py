"""The transport against other people's servers and proxies; `make test-servers` runs this, and writes docs/servers.md."""
