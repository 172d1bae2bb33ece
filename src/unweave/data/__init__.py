"""Labelled images: where they lie, what their labels are, and their pixels."""
