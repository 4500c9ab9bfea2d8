"""What waits for a person, site by site: nobody must poll patient by patient."""
