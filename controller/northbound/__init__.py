"""What operators touch: the command line and the logs."""
