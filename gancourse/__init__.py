"""A hands-on course on generative adversarial networks."""
