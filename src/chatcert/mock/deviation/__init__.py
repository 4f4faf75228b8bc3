"""How a faulty mock deviates from its contract: the machinery that the families of faults share."""
