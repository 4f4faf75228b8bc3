"""What chatcert does, recorded so that two versions of it can be compared."""
