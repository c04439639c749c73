"""One file for each network function: it owns tables and adds its share to each switch's program."""
