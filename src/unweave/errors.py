"""The one exception a user is meant to read."""


class UnweaveError(Exception):
    """Something the user can mend; `str(error)` is one plain line saying what, where and how."""
