"""What a server keeps in memory, bounded: answers of equal requests, asynchronous jobs, uploaded files."""
