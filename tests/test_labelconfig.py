"""What a label config asks is read as Label Studio shows it, and what cannot be is said."""

import hashlib

import pytest

from toolkit.errors import ConfigError
from toolkit.labelconfig import (
    config_version,
    control_tags,
    plain_config,
    plain_version,
    read_controls,
    referenced_fields,
    ruling_config,
)
from toolkit.models import ControlKind, LabelConfig, Modality

OBJECTS = """
  <Text name="text" value="$text"/><Text name="b" value="$other"/><HyperText name="html" value="$html"/>
  <Audio name="audio" value="$audio"/><Video name="video" value="$video"/><Image name="image" value="$image"/>
  <Paragraphs name="turns" value="$dialogue" layout="dialogue"/><List name="items" value="$items"/>
"""


def controls(*tags):
    return read_controls(f"<View>{OBJECTS}{''.join(tags)}</View>")


def control(tag):
    (found,) = controls(tag)
    return found


# --- kinds


@pytest.mark.parametrize(
    ("tag", "kind", "labels"),
    [
        ('<Choices name="c" toName="text"><Choice value="x"/><Choice value="y"/></Choices>', "choice", ("x", "y")),
        ('<Choices name="c" toName="text" choice="single-radio"><Choice value="x"/></Choices>', "choice", ("x",)),
        ('<Choices name="c" toName="text" choice="multiple"><Choice value="x"/></Choices>', "choices", ("x",)),
        ('<Rating name="c" toName="text"/>', "rating", ("1", "2", "3", "4", "5")),
        ('<Rating name="c" toName="text" maxRating="3"/>', "rating", ("1", "2", "3")),
        ('<Number name="c" toName="text"/>', "number", ()),
        ('<DateTime name="c" toName="text"/>', "datetime", ()),
        ('<TextArea name="c" toName="text"/>', "text", ()),
        ('<Ranker name="c" toName="items"/>', "ranking", ()),
        ('<Labels name="c" toName="text"><Label value="x"/></Labels>', "spans", ("x",)),
        ('<HyperTextLabels name="c" toName="html"><Label value="x"/></HyperTextLabels>', "spans", ("x",)),
        ('<ParagraphLabels name="c" toName="turns"><Label value="x"/></ParagraphLabels>', "turns", ("x",)),
        ('<Labels name="c" toName="audio"><Label value="x"/></Labels>', "segments", ("x",)),
        ('<Labels name="c" toName="video"><Label value="x"/></Labels>', "segments", ("x",)),
        ('<TimelineLabels name="c" toName="video"><Label value="x"/></TimelineLabels>', "segments", ("x",)),
        ('<RectangleLabels name="c" toName="image"><Label value="x"/></RectangleLabels>', "boxes", ("x",)),
        ('<PolygonLabels name="c" toName="image"><Label value="x"/></PolygonLabels>', "polygons", ("x",)),
    ],
)
def test_every_kind_of_control_is_told_with_its_labels(tag, kind, labels):
    found = control(tag)
    assert (found.name, found.kind, found.labels) == ("c", ControlKind(kind), labels)
    assert (found.required, found.per_region, found.conditional, found.paths) == (False, False, False, ())


def test_a_pairwise_control_is_on_two_objects():
    found = control('<Pairwise name="better" toName="text,b"/>')
    assert (found.kind, found.labels) == (ControlKind.PAIRWISE, ("left", "right"))
    assert found.to_name == "text"


def test_an_alias_is_the_label_that_answers_have():
    assert control(
        '<Choices name="c" toName="text"><Choice value="Yes, always" alias="yes"/><Choice value="no"/></Choices>'
    ).labels == ("yes", "no")


def test_controls_come_in_the_order_of_the_screen_without_what_is_no_question():
    found = controls(
        '<Header value="Well?"/><View><Rating name="second" toName="text"/></View>',
        '<Relations><Relation value="of"/></Relations><TextArea name="first" toName="text"/>',
    )
    assert [one.name for one in found] == ["second", "first"]


def test_a_screen_without_a_question_has_no_control():
    assert controls() == ()


# --- what a control depends on


def test_required_and_per_region_are_read():
    found = control('<TextArea name="c" toName="text" required="true" perRegion="true"/>')
    assert (found.required, found.per_region) == (True, True)


@pytest.mark.parametrize(
    "tag",
    [
        '<TextArea name="c" toName="text" visibleWhen="choice-selected" whenTagName="a" whenChoiceValue="x"/>',
        '<View visibleWhen="region-selected"><View><TextArea name="c" toName="text"/></View></View>',
    ],
)
def test_a_control_that_is_shown_at_times_is_conditional_however_deep_it_lies(tag):
    assert control(tag).conditional
    before, _, after = controls('<Rating name="before" toName="text"/>', tag, '<Rating name="after" toName="text"/>')
    assert not before.conditional
    assert not after.conditional


# --- taxonomies

TREE = """
  <Choice value="Science">
    <Choice value="Physics"/><Choice value="Life"><Choice value="Genes" alias="g"/></Choice>
  </Choice>
  <Choice value="Art"/>
"""


def test_every_node_of_a_taxonomy_can_be_chosen():
    found = control(f'<Taxonomy name="c" toName="text">{TREE}</Taxonomy>')
    science = [("Science",), ("Science", "Physics"), ("Science", "Life"), ("Science", "Life", "g")]
    assert found.paths == (*science, ("Art",))
    assert found.labels == ("Science", "Science > Physics", "Science > Life", "Science > Life > g", "Art")


def test_a_taxonomy_may_offer_its_leaves_only():
    found = control(f'<Taxonomy name="c" toName="text" leafsOnly="true">{TREE}</Taxonomy>')
    assert found.paths == (("Science", "Physics"), ("Science", "Life", "g"), ("Art",))


# --- what cannot be read


@pytest.mark.parametrize("given", ["five", "0", "-1", "4.5", "", " 5", "٣"])
def test_a_scale_that_is_no_number_is_named_with_its_control(given):
    with pytest.raises(ConfigError, match=rf"<Rating> 'quality': maxRating='{given}' is not a whole number from 1"):
        control(f'<Rating name="quality" toName="text" maxRating="{given}"/>')


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ('<Choices toName="text"/>', "name=None, toName='text'"),
        ('<Choices name="c"/>', "name='c', toName=None"),
        ('<Choices name="" toName="text"/>', "name='', toName='text'"),
    ],
)
def test_a_control_without_a_name_or_an_object_is_refused(tag, found):
    with pytest.raises(ConfigError, match=f"<Choices> needs both name and toName; found {found}"):
        control(tag)


@pytest.mark.parametrize("read", [read_controls, referenced_fields])
@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ("<View>", "not well-formed XML: no element found: line 1, column 6"),
        ("", "not well-formed XML: no element found"),
        ("<View>&nbsp;</View>", "not well-formed XML: undefined entity"),
        ("<Form/>", "starts with <Form>; Label Studio wants <View>"),
    ],
)
def test_what_is_no_label_config_is_refused(read, xml, problem):
    with pytest.raises(ConfigError, match=problem):
        read(xml)


# --- fields and version


def test_fields_are_those_the_screen_shows_each_once():
    xml = """<View><Text name="a" value="$text"/><Header value="Costs $5"/><Text name="b" value="$text"/>
      <Image name="c" valueList="$pages"/><List name="d" value="$items"/><Choice value="plain"/></View>"""
    assert referenced_fields(xml) == ("items", "pages", "text")


@pytest.mark.parametrize(
    ("to_name", "shown"),
    [("text", "text"), ("b", "other"), ("b,text", "other"), ("turns", "dialogue"), ("pages", "pages"), ("gone", "")],
)
def test_a_control_knows_the_field_that_its_object_shows(to_name, shown):
    pages = '<Image name="pages" valueList="$pages"/>'
    *_, found = controls(pages, f'<Rating name="c" toName="{to_name}"/>')
    assert found.field == shown


def test_a_field_that_holds_an_address_is_not_what_annotators_see():
    *_, found = controls('<Text name="page" value="$url" valueType="url"/><Rating name="c" toName="page"/>')
    assert (found.to_name, found.field) == ("page", "")


def test_every_control_has_its_tag_known_or_not():
    xml = f"<View>{OBJECTS}<Rating name='q' toName='text'/><Brush name='mask' toName='image'/></View>"
    assert control_tags(xml) == {"q": "Rating", "mask": "Brush"}


def test_the_version_changes_with_every_character():
    assert config_version("<View/>") == hashlib.sha256(b"<View/>").hexdigest()[:12]
    assert config_version("<View />") != config_version("<View/>")
    assert len(config_version("<View>é</View>")) == 12


@pytest.mark.parametrize("end", ["</View>", "</View>\n", "</View >", "</View>\n<!-- ends with </View> -->\n"])
def test_the_ruling_is_asked_at_the_end_of_the_screen(end):
    xml = '<View><View><Text name="t" value="$text"/></View><Rating name="stars" toName="t"/>' + end
    config = LabelConfig(
        "x", "law", "X", xml, Modality.TEXT, ("text",), read_controls(xml), ("stars",), 2, config_version(xml)
    )
    ruled = ruling_config(config)
    assert [control.name for control in ruled.controls] == ["stars", "ruling_reason", "ruling_rework"]
    assert ruled.control("ruling_reason").required
    assert not ruled.control("ruling_rework").required
    assert plain_version(ruled.version) == config.version
    assert plain_config(ruled).controls == config.controls
