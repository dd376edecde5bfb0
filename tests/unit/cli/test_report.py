from __future__ import annotations

import pytest

from forensics.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reason", "because"], "Name it with --unmask ITEM"),
        (["--unmask", "ITEM-0001", "--as-of", "3", "--reason", "because"], "Leave --as-of out"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_the_case_is_opened(tmp_path, arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["report", str(tmp_path), *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
