"""Frames and pictures as images in 8-bit grey or RGB, for people to look at.

Hand-written beside pydicom's `apply_modality_lut`, `apply_voi_lut` and `apply_color_lut`: one table of 256 or 65,536
entries takes the place of a float for each pixel, and broken tables and windows do not stop a picture.
"""
