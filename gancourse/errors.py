"""The one exception that speaks to the person at the keyboard."""


class CourseError(Exception):
    """Something the user can put right.  The message says what is wrong and what to do, in a sentence or two.

    The command line prints it without a traceback; in a notebook it is the last line of one.
    """
