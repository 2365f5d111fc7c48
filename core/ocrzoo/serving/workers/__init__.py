"""The worker processes of a server: what they do (``worker``, ``pipelines``), what watches them (``pool``)."""
