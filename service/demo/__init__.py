"""`titrate run`: every part on embedded defaults, and a synthetic patient treated through the HTTP interface."""
