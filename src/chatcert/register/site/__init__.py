"""The site of a register: static pages, feeds and badges that follow from its entries and a date."""
