from __future__ import annotations

import pytest

from tests.golden.reports import FOLDER, FORUMS, plain


@pytest.mark.parametrize("language", FORUMS)
def test_a_report_says_what_it_said_before(language):
    expected = (FOLDER / f"small-{language}.txt").read_text(encoding="utf-8")
    assert plain(language) == expected, "if that is intended: python -m tests.golden.reports"
