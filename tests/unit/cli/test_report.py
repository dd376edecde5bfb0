from __future__ import annotations

import pytest
from click.testing import CliRunner

from forensics.cli.report import report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reason", "because"], "name it with --unmask ITEM"),
        (["--unmask", "ITEM-0001", "--as-of", "3", "--reason", "because"], "leave --as-of out"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_the_case_is_opened(tmp_path, arguments, said):
    ended = CliRunner().invoke(report, [str(tmp_path), *arguments])
    assert ended.exit_code == 2
    assert said in ended.output
    assert list(tmp_path.iterdir()) == []
