"""``ocrzoo serve``: the OCR pipeline as a web server that existing clients can use.

The process that listens reads requests, checks them and queues them (``service``); worker processes read the pages
(:mod:`~ocrzoo.serving.workers`), so that a crash or a hang in native code ends one worker and not the server. What
clients send and get is in :mod:`~ocrzoo.serving.dialects`, one module a protocol.
"""
