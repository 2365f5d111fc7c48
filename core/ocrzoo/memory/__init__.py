"""A ceiling for the memory of this process: how it is written, what is measured, and who may take how much."""
