"""A text that a notebook shows as it is, without quotes."""


class Sentence(str):
    """A string whose representation is itself."""

    def __repr__(self) -> str:
        return str(self)
