"""What stampnet says when an input cannot be used."""


class InputError(ValueError):
    """An image, size, path, option or file that cannot be used.

    The message is one sentence with the offending value and the remedy; the command line prints it and exits with
    code 2, without a traceback.
    """
