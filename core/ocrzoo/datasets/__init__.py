"""Training sets in PaddleOCR's formats: built from corrections, and checked before anybody trains on them."""
