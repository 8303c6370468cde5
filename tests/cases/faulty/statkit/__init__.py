"""Small statistics shared by the scripts beside this folder."""
