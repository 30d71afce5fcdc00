"""The page Promote: runs that become models of the pad."""
