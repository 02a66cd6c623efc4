"""Pages: one row more than the page shows whether there is a next one; the token is the position of the last row."""

from services.kit.pages import cut, decode_token


def test_a_page_that_is_not_full_has_no_next_one():
    assert cut([1, 2], 2, lambda row: (row,)) == ([1, 2], "")


def test_the_token_is_the_position_of_the_last_row_on_the_page():
    rows, token = cut(["a", "b", "c"], 2, lambda row: (row, 7))
    assert rows == ["a", "b"]
    assert decode_token(token, str, int) == ("b", 7)


def test_nothing_found_is_an_empty_page():
    assert cut([], 2, lambda row: (row,)) == ([], "")
