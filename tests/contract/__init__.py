"""What vendors are held to, one module for each kind of requirement.

An installed package carries these tests as ``chatcert.contract_tests``.
"""
