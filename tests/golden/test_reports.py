from __future__ import annotations

import pytest

from tests.golden.reports import CASES, FOLDER, FORUMS, plain


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", FORUMS)
def test_a_report_says_what_it_said_before(name, language):
    expected = (FOLDER / f"{name}-{language}.txt").read_text(encoding="utf-8")
    assert plain(name, language) == expected, "if that is intended: python -m tests.golden.reports"
