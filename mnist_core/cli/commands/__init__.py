"""The subcommands, one file each; `register` adds a file's parsers to the command line."""
