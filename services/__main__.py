"""The command `vivier`; also `python -m services`."""

from services.cli.main import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
