"""Where there may be text in a picture: boxes that somebody may draw, found by RapidOCR where it is installed.

    imagery.text_boxes.boxes_in(png)  rectangles with a confidence

Nothing is read: the model finds places and no letters, for what stands there may name a patient. It works in a caged
child process (`worker`), which ends with its answer and knows nothing of Django.
"""
