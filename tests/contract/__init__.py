"""The requirements on vendors, one module for each kind of requirement.

An installed package carries these tests as ``chatcert.contract_tests``.
"""
