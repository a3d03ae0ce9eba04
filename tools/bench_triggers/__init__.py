"""Many waiting triggers on one event loop, side by side with bare aiohttp that asks the same of the same server."""
