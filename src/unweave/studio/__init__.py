"""The studio: a page in the browser on which attributes are mixed by hand (the extra `app`)."""
