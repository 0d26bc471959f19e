"""The drawn notes that reading is measured on."""

from __future__ import annotations

from bench.notes import note
from daemon.training.camera import Pen, Ruling


def test_a_note_is_always_the_same_one() -> None:
    assert note(3)[0] == note(3)[0]
    assert note(3)[0] != note(4)[0]


def test_notes_are_of_all_kinds_and_have_room_for_their_digits() -> None:
    scenes = [note(number)[0] for number in range(200)]
    assert {scene.ruling for scene in scenes} == set(Ruling)
    assert {scene.pen for scene in scenes} == set(Pen)
    assert {len(scene.lines) for scene in scenes} == {1, 2, 3}
    assert {len(line) for scene in scenes for line in scene.lines} == {1, 2, 3, 4}
    assert any(scene.desk for scene in scenes)
    assert not any(scene.desk and scene.light_on_dark for scene in scenes)
    for scene in scenes:
        assert scene.height >= 1.2 * len(scene.lines) * scene.digit_height
        assert scene.width >= 0.9 * max(map(len, scene.lines)) * scene.digit_height
