"""Records of past audits: made from traces, and compared with what a subject gives now."""
