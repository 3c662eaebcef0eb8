"""Answers one task through Label Studio's own screen, as an annotator would: keys, clicks and drags.

The driver reads the label config and knows one gesture per kind of control; it calls no internals of the page.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

REGIONS = {"Labels", "ParagraphLabels", "RectangleLabels", "TimelineLabels"}
SUBMIT = 'button[aria-label="Submit current annotation"]'
WORD_CENTRE = """(element, n) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), words = [];
    for (let node; (node = walker.nextNode());)
        for (const word of node.data.matchAll(/[\\p{L}]{4,}/gu)) words.push([node, word.index, word[0].length]);
    const [node, start, length] = words[n % words.length], range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + length);
    const box = range.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""


class Screen:
    """The labelling screen of one label config, open in a page."""

    def __init__(self, page: Page, xml: str) -> None:
        from playwright.sync_api import expect  # late, so that without playwright the tests are skipped, not broken

        self.page = page
        self.expect = expect
        self.root = ET.fromstring(xml)
        named = [e for e in self.root.iter() if "name" in e.attrib]
        self.controls = {e.attrib["name"]: e for e in named if "toName" in e.attrib}
        self.objects = {e.attrib["name"]: e for e in named if "toName" not in e.attrib}
        self.answered: set[str] = set()

    @property
    def always_required(self) -> set[str]:
        """Controls that every annotation must answer: required, not conditional, not per region."""
        asked = {name for name, e in self.controls.items() if _is(e, "required") and not _is(e, "perRegion")}
        conditional = (e for outer in self.root.iter() if "visibleWhen" in outer.attrib for e in outer.iter())
        return asked - {e.attrib.get("name") for e in conditional}

    def annotate(self) -> None:
        """Draw one region per region control, then answer every question, also those that earlier answers open."""
        for n, (name, control) in enumerate(self._controls(REGIONS)):
            self._draw(control, n)
            self.answered.add(name)
            self._answer_per_region(control)
        left = [name for name, e in self.controls.items() if e.tag not in REGIONS and not _is(e, "perRegion")]
        while shown := [name for name in left if name not in self.answered and self._is_shown(self.controls[name])]:
            for name in shown:
                self._answer(self.controls[name])
                self.answered.add(name)

    def submit(self) -> None:
        """Press submit and wait for the server to have taken the annotation."""
        saved = lambda response: response.request.method == "POST" and "/annotations" in response.url  # noqa: E731
        with self.page.expect_response(saved, timeout=10_000) as answer:
            self.page.click(SUBMIT)
        assert answer.value.status == 201, answer.value.text()

    # --- questions about the whole task

    def _answer(self, control: ET.Element) -> None:
        {
            "Choices": self._choose,
            "Rating": self._rate,
            "Taxonomy": self._pick_leaf,
            "TextArea": self._write,
            "Pairwise": self._prefer_left,
        }[control.tag](control)
        self.page.evaluate("document.activeElement.blur()")  # hotkeys do nothing while a field has the focus

    def _choose(self, control: ET.Element) -> None:
        choices = {choice.attrib["value"]: choice for choice in control.iter("Choice")}
        opening = self._values_that_open("whenChoiceValue", control)
        value = next((value for value in choices if value in opening), next(iter(choices)))
        self.page.keyboard.press(choices[value].attrib["hotkey"])
        self.expect(self._widget(control).locator("input:checked")).to_have_count(1)

    def _rate(self, control: ET.Element) -> None:
        for _ in range(4):
            self.page.keyboard.press(control.attrib["hotkey"])
        self.expect(self._widget(control).locator(".ant-rate-star-full")).to_have_count(4)

    def _pick_leaf(self, control: ET.Element) -> None:
        self._widget(control).locator(".ant-select-selector").click()
        tree = self.page.locator(".ant-tree-select-dropdown:visible")
        leaf = tree.locator(".ant-select-tree-treenode:has(.ant-select-tree-switcher-noop)").first
        self.expect(tree.locator(".ant-select-tree-treenode").nth(1)).to_be_visible()
        while not leaf.is_visible():
            tree.locator(".ant-select-tree-switcher_close").first.click()
            self.page.wait_for_timeout(200)
        leaf.locator(".ant-select-tree-checkbox").click()
        self.page.keyboard.press("Escape")
        self.expect(self._widget(control).locator(".ant-select-selection-item")).to_have_count(1)

    def _write(self, control: ET.Element) -> None:
        self._widget(control).fill("One line typed in the browser")

    def _prefer_left(self, control: ET.Element) -> None:
        self._text(control.attrib["toName"].split(",")[0]).click()

    # --- regions

    def _draw(self, control: ET.Element, n: int) -> None:
        wanted = self._values_that_open("whenLabelValue", control)
        labels = {label.attrib["value"]: label for label in control.iter("Label")}
        value = next((value for value in labels if value in wanted), next(iter(labels)))
        shown = self.objects[control.attrib["toName"]]
        self._wait_for_media(shown.tag)
        self.page.keyboard.press(labels[value].attrib["hotkey"])
        if shown.tag == "Text":
            self.page.mouse.dblclick(*self._text(shown.attrib["name"]).evaluate(WORD_CENTRE, 3 * n))
        elif shown.tag == "Paragraphs":
            self.page.locator('[aria-label^="Label whole utterance"]').nth(1 + n).click()
        else:
            self._drag(shown.tag)
        self.expect(self.page.locator(".lsf-outliner-item__title")).to_have_count(n + 1)

    def _wait_for_media(self, tag: str) -> None:
        if tag == "Audio":
            end = self.page.locator('[data-testid="timebox-end-time"] input')
            self.expect(end).not_to_have_value("00:00:00:000", timeout=20_000)
        elif tag == "Video":
            self.expect(self.page.locator(".lsf-frames-control")).to_have_text(re.compile(r"of \d\d"), timeout=20_000)
        elif tag == "Image":
            self.expect(self.page.locator(".lsf-image canvas").last).to_be_visible(timeout=20_000)

    def _drag(self, tag: str) -> None:
        timeline = ".lsf-timeline-frames__background"
        surface = {"Audio": ".lsf-audio-tag canvas", "Video": timeline, "Image": ".lsf-image"}[tag]
        box = self.page.locator(surface).first.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=6)
        self.page.mouse.up()

    def _answer_per_region(self, region: ET.Element) -> None:
        asked = [
            (name, e)
            for name, e in self._controls({"TextArea"})
            if _is(e, "perRegion") and e.attrib.get("whenTagName", region.attrib["name"]) == region.attrib["name"]
        ]
        for name, control in asked:
            if control.attrib.get("displayMode") == "region-list":
                field = self.page.locator('[data-testid="textarea-region-input"]').first
            else:
                self.page.locator(".lsf-outliner-item__title").last.click()
                field = self.page.locator(f'[name="{name}"]:visible')
            field.fill("Words of the region")
            field.press("Escape")
            self.page.evaluate("document.activeElement.blur()")
            self.answered.add(name)
        if asked:
            self.page.keyboard.press("u")  # unselects the region

    # --- finding things

    def _controls(self, tags: set[str]) -> list[tuple[str, ET.Element]]:
        return [(name, e) for name, e in self.controls.items() if e.tag in tags]

    def _values_that_open(self, attribute: str, control: ET.Element) -> set[str]:
        opened = [e for e in self.root.iter() if e.attrib.get("whenTagName") == control.attrib["name"]]
        return {value for e in opened for value in e.attrib.get(attribute, "").split(",")}

    def _text(self, name: str) -> Locator:
        texts = [other for other, e in self.objects.items() if e.tag == "Text"]
        return self.page.locator(".lsf-richtext__container").nth(texts.index(name))

    def _is_shown(self, control: ET.Element) -> bool:
        return control.tag == "Pairwise" or self._widget(control).is_visible()

    def _widget(self, control: ET.Element) -> Locator:
        """Return the control's part of the page: the n-th of its kind, or the field of its name."""
        name = control.attrib["name"]
        if control.tag == "TextArea":
            return self.page.locator(f'[name="{name}"]')
        kind = {"Choices": ".lsf-choices", "Rating": ".ant-rate", "Taxonomy": ".lsf-taxonomy"}[control.tag]
        same = [other for other, _ in self._controls({control.tag})]
        return self.page.locator(kind).nth(same.index(name))


def _is(element: ET.Element, attribute: str) -> bool:
    return element.attrib.get(attribute) == "true"
