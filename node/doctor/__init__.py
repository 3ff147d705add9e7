"""What `mapae-node doctor` looks at: each check by itself, bounded in time, whether the node runs or not."""
