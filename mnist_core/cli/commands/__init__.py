"""The subcommands, one file each; `add_commands` adds a file's parsers to the command line."""
