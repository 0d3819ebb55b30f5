import pytest

from poseglass.arguments import finding
from poseglass.cli import parse
from poseglass.core.people.whom import MOST, Whom
from poseglass.core.run import Finding


def found(*arguments: str) -> Finding:
    return finding(parse(["track", "walk.mp4", *arguments]))


@pytest.mark.parametrize(
    ("arguments", "whom"),
    [
        ([], Whom()),
        (["--people", "all"], Whom(MOST)),
        (["--people", "one"], Whom(1)),
        (["--people", "3", "--follow", "center"], Whom(3, "center")),
        (["--follow", "2"], Whom(track="2")),
        (["--box", "10,20,30,40"], Whom(box=(10, 20, 40, 60))),
        (["--box", "10.5,20,30,40@2.5"], Whom(box=(10.5, 20, 40.5, 60), at_s=2.5)),
    ],
)
def test_the_command_line_says_whom_to_follow(arguments: list[str], whom: Whom):
    assert found(*arguments).whom == whom


def test_people_are_found_by_our_detector_or_another_or_none():
    assert found() == Finding("people")
    assert found("--detector", "whole_picture").detector == "whole_picture"
    assert found("--detector", "none").detector is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--people", "0"], "0: one, all, or a number from 1 to 10"),
        (["--people", "11"], "11: one, all, or a number from 1 to 10"),
        (["--people", "two"], "two: one, all, or a number from 1 to 10"),
        (["--start", "0,5"], "0,5: write it with a point, 0.5"),
        (["--stop", "1:30"], "1:30: seconds since the first frame, 0 or more, as 12.5"),
        (["--start", "-1"], "-1: seconds since the first frame, 0 or more"),
        (["--box", "1,2,3"], "1,2,3: X,Y,WIDTH,HEIGHT in pixels"),
        (["--box", "1,2,3,4@"], "1,2,3,4@: X,Y,WIDTH,HEIGHT in pixels"),
        (["--box", "1,2,0,4"], "width and height are more than 0"),
        (["--box", "1,2,nan,4"], "width and height are more than 0"),
        (["--box", "1,2,3,4@-1"], "seconds are not below"),
        (["--box", "1,2,3,4", "--people", "one"], "--box: not with --people or --follow"),
        (["--box", "1,2,3,4", "--follow", "2"], "--box: not with --people or --follow"),
        (["--detector", "none", "--people", "2"], "--detector none: follows one person"),
        (["--detector", "none", "--box", "1,2,3,4"], "--detector none: follows one person"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        options = parse(["track", "walk.mp4", *arguments])
        options.run(options)

    assert ended.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0,5", "0,5: write it with a point, 0.5"),
        ("1:30", "1:30: seconds since the first frame, 0 or more, as 12.5"),
        ("soon", "soon: seconds since the first frame, 0 or more, as 12.5"),
        ("-1", "-1: seconds since the first frame, 0 or more, as 12.5"),
        ("inf", "inf: seconds since the first frame, 0 or more, as 12.5"),
        ("1,2,3", "1,2,3: seconds since the first frame, 0 or more, as 12.5"),
    ],
)
@pytest.mark.parametrize("option", ["--start", "--stop"])
def test_seconds_that_are_none_are_explained(capsys: pytest.CaptureFixture[str], option: str, typed: str, said: str):
    with pytest.raises(SystemExit):
        parse(["track", "walk.mp4", f"{option}={typed}"])

    told = f"poseglass track: argument {option}: {said}; see poseglass track --help"
    assert capsys.readouterr().err.splitlines()[-1] == told
