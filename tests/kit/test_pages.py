"""Pages: one row more than the page shows whether there is a next one; the token is the position of the last row."""

from types import SimpleNamespace

from services.kit.pages import cut, decode_token, page_by_id


def test_a_page_that_is_not_full_has_no_next_one():
    assert cut([1, 2], 2, lambda row: (row,)) == ([1, 2], "")


def test_the_token_is_the_position_of_the_last_row_on_the_page():
    rows, token = cut(["a", "b", "c"], 2, lambda row: (row, 7))
    assert rows == ["a", "b"]
    assert decode_token(token, str, int) == ("b", 7)


def test_nothing_found_is_an_empty_page():
    assert cut([], 2, lambda row: (row,)) == ([], "")


def test_rows_in_the_order_of_their_ids_are_paged_to_the_end():
    rows = [SimpleNamespace(id=each) for each in "abcde"]

    def find(after, limit):
        return [row for row in rows if row.id > after][:limit]

    found, token = [], ""
    while not found or token:
        page, token = page_by_id(SimpleNamespace(page_size=2, page_token=token), find)
        assert len(page) <= 2
        found += page
    assert found == rows
