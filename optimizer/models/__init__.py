"""The surrogate: what is believed about a patient's relief and side effects. torch lives from here up."""
