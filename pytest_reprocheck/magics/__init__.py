"""The face in notebooks: ``%reproaudit`` and ``%%reproaudit``."""
