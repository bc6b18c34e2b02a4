"""The one exception that means "the user can fix this": its text is a single line naming the thing and the remedy."""


class SignScaleError(Exception):
    """Bad input, stated in one line. The command line prints it to stderr and exits with status 1."""
