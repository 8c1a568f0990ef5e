"""What is true: values and decisions. No I/O, no clock, no log; time and chance come in as arguments."""
