"""Where a picture may have burned-in text: rectangles that a person may black out, found by RapidOCR.

Nothing is read: the model finds places and no letters, since a text may name a patient.
"""
