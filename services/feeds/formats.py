"""The readers by the names of their formats, for each kind of thing that a feed can bring."""

from collections.abc import Mapping

from services.feeds import Reader, api_json, csv_table, france_travail, jobposting_reader, lheo

READERS: Mapping[str, Mapping[str, Reader]] = {
    "offers": {
        "france-travail": france_travail.read,
        "jobposting": jobposting_reader.read,
        "csv": csv_table.read,
        "json": api_json.read,
    },
    "courses": {"lheo": lheo.read, "json": api_json.read},
    "people": {"json": api_json.read_people},
}
