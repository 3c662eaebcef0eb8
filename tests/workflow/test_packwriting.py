"""What a screen that was set up by hand asks, in the words of a pack; instructions as Markdown."""

import pytest

from tests.workflow.test_adoption import XML
from toolkit.workflow.markdown import markdown_of
from toolkit.workflow.packwriting import read_screen


@pytest.mark.parametrize(
    ("xml", "modality", "readable", "decisive"),
    [
        (XML, "text", ("text",), ("mood",)),
        (XML.replace(' required="true"', ""), "text", ("text",), ("mood", "topic")),
        (
            '<View><Audio name="a" value="$clip"/><Text name="t" value="$said"/>'
            '<Rating name="r" toName="a" visibleWhen="choice-selected" required="true"/></View>',
            "audio",
            ("said",),
            (),
        ),
        (
            '<View><Paragraphs name="d" value="$turns"/><HyperText name="h" value="$page" valueType="url"/>'
            '<Choices name="c" toName="d" perRegion="true" required="true"><Choice value="x"/></Choices>'
            '<Rating name="r" toName="d"/></View>',
            "conversation",
            ("turns",),
            ("r",),
        ),
    ],
)
def test_a_screen_tells_its_modality_and_what_must_be_settled(xml, modality, readable, decisive):
    screen = read_screen(xml)
    assert (screen.modality.value, screen.readable, screen.decisive) == (modality, readable, decisive)


def test_controls_that_the_toolkit_does_not_read_are_told():
    xml = XML.replace("</View>", '<BrushLabels name="blot" toName="shown"><Label value="x"/></BrushLabels></View>')
    (note,) = read_screen(xml).notes
    assert "<BrushLabels>" in note


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("", ""),
        ("<p> </p><br>", ""),
        ("Two lines,\nas they are &amp; stay if 1 < 2", "Two lines,\nas they are & stay if 1 < 2\n"),
        ("<h2>Ça va ?</h2>\n<!-- no -->\n<p style='x'>Fish &amp; <B>chips</B>", "## Ça va ?\n\nFish & **chips**\n"),
        ("one<br/>two<br><br> three<br><p>four</p><br>", "one  \ntwo\n\nthree\n\nfour\n"),
        ("<a href='https://x.example/?a=1&amp;b=2'>more</a> <a>x</a>", "[more](https://x.example/?a=1&b=2) x\n"),
        ("<ul><li>one<li>two</ul><p>then", "- one\n- two\n\nthen\n"),
        (
            "<p>So:</p><ol><li><p>First</p></li><li>Second<ul><li>a</li></ul></li></ol>",
            "So:\n\n1. First\n2. Second\n   - a\n",
        ),
        (
            "<table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "| x | y |\n| --- | --- |\n| 1 | 2 |\n",
        ),
        ("<pre>a\n  b</pre><script>run()</script><hr>", "```\na\n  b\n```\n\n---\n"),
    ],
)
def test_instructions_become_markdown(html, markdown):
    assert markdown_of(html) == markdown
