"""Serving a mirror: HTTP server, nginx configuration, environment of clients."""
