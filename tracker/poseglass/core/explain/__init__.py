"""What the network looked at: maps, sheets and clips of them, and who explains frames on request."""
