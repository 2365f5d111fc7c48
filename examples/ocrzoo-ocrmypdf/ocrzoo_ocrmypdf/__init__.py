"""ocrzoo as the OCR engine of OCRmyPDF.

OCRmyPDF finds the plugin, :mod:`ocrzoo_ocrmypdf.hooks`, by its entry point. ``--plugin ocrzoo_ocrmypdf`` is accepted
too, and registers no hook a second time.
"""
