"""One file a metric: plain functions on arrays and tensors. Range, direction and source stand in each docstring."""
