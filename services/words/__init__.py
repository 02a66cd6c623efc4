"""Sentences for people, in catalogues that translators edit: `locale/<language>/LC_MESSAGES/*.po`; see `catalogue`."""

from enum import StrEnum


class Language(StrEnum):
    FR = "fr"
    EN = "en"
