"""Operating system: files, locks, processes and devices."""
