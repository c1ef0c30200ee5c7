"""The commands of python -m gancourse, one module each: what they are asked, and what they do."""
