"""What vendors are held to; an installed package carries these tests as ``chatcert.contract_tests``."""
