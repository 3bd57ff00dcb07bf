"""The one way in which an object is kept out of research."""


class CannotBeCleaned(Exception):
    """No research copy of this object can be made.

    Attributes:
        code: a short stable word for programs, such as `sop_class`.
        sentence: the reason in words, for people. It quotes nothing from the object.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
