"""When further search is not worth a visit. A rule returns a reason or None; it advises, it never orders."""
