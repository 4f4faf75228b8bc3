"""Records of the behaviour of chatcert, with which two versions of it can be compared."""
