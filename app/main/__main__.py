"""``python -m app.main`` is ``interlock``."""

from app.main import cli

if __name__ == "__main__":
    cli()
