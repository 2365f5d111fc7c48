"""The modules of the OCR pipeline, under the names of arguments and options; importing it loads nothing."""

from __future__ import annotations

MODULES = {
    "text_detection": ("TextDetection", "PP-OCRv5_mobile_det"),
    "text_recognition": ("TextRecognition", "PP-OCRv5_mobile_rec"),
    "doc_orientation_classify": ("DocOrientationClassify", "PP-LCNet_x1_0_doc_ori"),
    "doc_unwarping": ("DocUnwarping", "UVDoc"),
    "textline_orientation": ("TextLineOrientation", "PP-LCNet_x0_25_textline_ori"),
}
"""Prefix of the arguments that choose a model (PaddleOCR's): module of the configuration, default model."""
