"""The transport against other people's servers, gateways and forward proxies; `make test-servers` runs this."""
