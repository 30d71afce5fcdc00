"""Training one network, without a folder: configuration, loop, optimizer and schedule."""
