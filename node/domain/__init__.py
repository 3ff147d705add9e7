"""Pure rules of the node: blocks and finality, decoded events, facts, pending news, states of an operation."""
