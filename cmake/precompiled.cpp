// A target needs a source; this one exists for the headers precompiled beside it.
