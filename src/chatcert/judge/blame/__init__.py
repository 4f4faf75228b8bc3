"""Which finding explains which others, so that one defect is one finding."""
