"""People are left out, hidden behind keyed names, or shown, and nothing in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.model import OTHER, Coverage, Metric, MetricType, Person, Sample, Slot, Window
from exporter.poll.transform.privacy import Privacy, Users

PEOPLE = Metric("user_commits_total", MetricType.COUNTER, "By user.", ("user",), people=True)
ACTORS = Metric(
    "actor_requests_total", MetricType.COUNTER, "By actor.", ("type", "actor"), names_people=True
)
KEY = b"k" * 32

BY_USER = Sample(PEOPLE, (Person("Ada@example.com"),), 3, 0, key="1")
BY_ACTOR = Sample(ACTORS, ("user", Person("ada")), 2, 60, key="1")
BY_APP = Sample(ACTORS, ("app", "ada"), 5, 60, key="2")

PRIVACIES = {
    Users.OFF: Privacy(Users.OFF),
    Users.PSEUDONYM: Privacy(Users.PSEUDONYM, KEY),
    Users.PLAIN: Privacy(Users.PLAIN),
}


def pseudonym(name: str, key: bytes = KEY) -> str:
    (sample,) = Privacy(Users.PSEUDONYM, key).apply([Sample(PEOPLE, (Person(name),), 1, 0)])
    return sample.labels[0]


def test_off_drops_families_of_people_and_hides_persons_elsewhere() -> None:
    """What is left still adds up: the person becomes `other` without an id, everything else stays."""
    shown = list(Privacy(Users.OFF).apply([BY_USER, BY_ACTOR, BY_APP]))
    assert shown == [BY_ACTOR._replace(labels=("user", OTHER), key=""), BY_APP]


def test_off_leaves_a_gauge_the_partition_that_replaces_it() -> None:
    """What the next answer for the same part of the account does not hold is gone."""
    seats = Metric("seats", MetricType.GAUGE, "By user.", ("user",), names_people=True)
    seat = Sample(seats, (Person("ada"),), 1, partition="2026-01-05", key="1")
    assert list(Privacy(Users.OFF).apply([seat])) == [seat._replace(labels=(OTHER,), key="")]


def test_plain_shows_people_as_the_vendor_names_them() -> None:
    """Labels, values, buckets, partitions and keys are untouched."""
    assert list(Privacy(Users.PLAIN).apply([BY_USER, BY_ACTOR, BY_APP])) == [
        BY_USER,
        BY_ACTOR,
        BY_APP,
    ]


def test_a_pseudonym_replaces_persons_and_ids_and_nothing_else() -> None:
    """Labels that are no person stay. Ids are hidden even there: who is a person may change."""
    shown = list(Privacy(Users.PSEUDONYM, KEY).apply([BY_USER, BY_ACTOR, BY_APP]))
    assert shown == [
        BY_USER._replace(labels=(pseudonym("Ada@example.com"),), key=pseudonym("1")),
        BY_ACTOR._replace(labels=("user", pseudonym("ada")), key=pseudonym("1")),
        BY_APP._replace(key=pseudonym("2")),
    ]


NOBODY = Metric("things_total", MetricType.COUNTER, "By thing.", ("thing",))


@given(st.lists(st.text(min_size=1, max_size=4), unique=True, max_size=6), st.data())
def test_hidden_partitions_are_covered_as_they_were(parts: list[str], data: st.DataObject) -> None:
    """A partition without a person's id is in the coverage of the same answers, and in no other."""
    privacy = Privacy(Users.PSEUDONYM, KEY)
    coverage = [Coverage((PEOPLE, NOBODY), Window(0, 60), part) for part in parts]
    part = data.draw(st.sampled_from([*parts, "none of them"]))
    key = data.draw(st.text(max_size=4))
    people = BY_USER._replace(partition=part, key=key)
    thing = Sample(NOBODY, ("a",), 1, 0, part, key)
    hidden, same = privacy.apply([people, thing])
    assert same == thing
    assert hidden.partition.startswith("p_")
    assert hidden.key.startswith("p_")
    after = privacy.covered(coverage)
    slot = Slot(0, hidden.partition, hidden.key)
    found = [c for c in after if PEOPLE in c.metrics and slot in c]
    same_people = [other for other in parts if other.casefold() == part.casefold()]
    assert len(found) == len(same_people)
    assert [c.partition for c in after if NOBODY in c.metrics] == parts
    for users in (Users.OFF, Users.PLAIN):
        assert list(PRIVACIES[users].covered(coverage)) == coverage


def test_pseudonyms_outlive_the_process() -> None:
    """The value for a key and name is fixed; another one would start every series anew."""
    assert pseudonym("ada@example.com") == "p_1c46a892e933b2b3"


@given(st.text(), st.text())
def test_pseudonyms_are_one_to_a_name_whatever_its_case(one: str, two: str) -> None:
    """Same name, same pseudonym; another name, another one."""
    assert (pseudonym(one) == pseudonym(two)) == (one.casefold() == two.casefold())
    assert pseudonym(one.upper().casefold()) == pseudonym(one.upper())


@given(st.text(min_size=3), st.binary(min_size=1), st.binary(min_size=1))
def test_pseudonyms_need_the_key(name: str, one: bytes, two: bytes) -> None:
    """Another key gives another pseudonym, and none shows the name."""
    # HMAC pads short keys with zeros.
    if one.rstrip(b"\0") != two.rstrip(b"\0"):
        assert pseudonym(name, one) != pseudonym(name, two)
    assert name not in pseudonym(name, one)


@pytest.mark.parametrize("users", Users)
def test_no_person_is_left(users: Users) -> None:
    """What leaves the privacy step is plain text, so that nothing later has to decide."""
    for sample in PRIVACIES[users].apply([BY_USER, BY_ACTOR, BY_APP]):
        assert [type(value) for value in sample.labels] == [str] * len(sample.labels)


def test_families_of_people_exist_unless_users_are_off() -> None:
    """The answer that decides what is asked of a vendor at all."""
    shows = {users: privacy.shows_people for users, privacy in PRIVACIES.items()}
    assert shows == {Users.OFF: False, Users.PSEUDONYM: True, Users.PLAIN: True}


def test_pseudonyms_without_a_key_are_refused() -> None:
    """An unkeyed hash of a mail address is no protection."""
    with pytest.raises(ValueError, match="pseudonyms need a key"):
        Privacy(Users.PSEUDONYM)


def test_a_lone_surrogate_has_a_pseudonym_too() -> None:
    """A vendor's broken text must not stop a poll."""
    assert pseudonym("\ud800").startswith("p_")


def test_a_metric_that_names_people_must_say_so() -> None:
    """Otherwise nobody could take the people out again when the setting changes."""
    silent = Metric("requests_total", MetricType.COUNTER, "By somebody.", ("somebody",))
    with pytest.raises(TypeError, match="requests_total must declare"):
        list(Privacy(Users.PLAIN).apply([Sample(silent, (Person("ada"),), 1, 0)]))


def test_the_fingerprint_changes_with_the_setting_and_the_key() -> None:
    """So that labels made under another setting are recognized."""
    prints = {
        Privacy(Users.OFF).fingerprint,
        Privacy(Users.PLAIN).fingerprint,
        Privacy(Users.PSEUDONYM, KEY).fingerprint,
        Privacy(Users.PSEUDONYM, b"other" * 8).fingerprint,
    }
    assert len(prints) == 4
    assert Privacy(Users.PSEUDONYM, KEY).fingerprint in prints
