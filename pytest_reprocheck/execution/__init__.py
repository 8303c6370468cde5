"""Running a subject under Conditions, in a private copy of its project, and reading the log it leaves."""
