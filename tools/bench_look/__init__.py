"""What one look at a running query costs the processor, through each driver, beside an earlier build."""
