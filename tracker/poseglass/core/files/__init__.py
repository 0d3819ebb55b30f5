"""Files that appear whole, records that only grow, locks: what results are kept in."""
