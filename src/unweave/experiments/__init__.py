"""One file a figure or table of the paper. Each measures one seed and gives numbers in tables and pictures."""
