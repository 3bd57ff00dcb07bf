"""Parse, draw and de-identify untrusted DICOM, PNG and JPEG files. Imports neither Django nor any app."""
