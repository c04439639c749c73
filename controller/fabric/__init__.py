"""What is there: switches, interfaces and links as a graph; paths, trees, and where each address is attached."""
