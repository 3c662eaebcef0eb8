"""What Label Studio's own parser finds wrong with a label config."""

from __future__ import annotations

from xml.etree import ElementTree

from toolkit.errors import ConfigError


def check_label_config(key: str, xml: str) -> None:
    """Raise what Label Studio's own parser finds wrong with a label config.

    Parameters
    ----------
    key : str
        Which config it is, for the message: "finance/claims".
    xml : str
        The label config.

    Raises
    ------
    ConfigError
        The XML is broken, a name occurs twice, or a control points to nothing.
    """
    from label_studio_sdk._legacy.exceptions import (
        LabelStudioValidationErrorSentryIgnored,
        LabelStudioXMLSyntaxErrorSentryIgnored,
        LSConfigParseException,
    )
    from label_studio_sdk.label_interface import LabelInterface

    broken = (
        LabelStudioValidationErrorSentryIgnored,
        LabelStudioXMLSyntaxErrorSentryIgnored,
        LSConfigParseException,
        ElementTree.ParseError,
    )
    try:
        parsed = ElementTree.fromstring(xml)  # noqa: S314 - expat refuses entity bombs; packs are the user's own files
        # The SDK looks for names between double quotes only, so it gets the XML in that form.
        LabelInterface(ElementTree.tostring(parsed, encoding="unicode")).validate()
    except broken as error:
        raise ConfigError(
            f"The label config of {key} is not valid: {' '.join(str(error).split())}",
            hint="correct its XML in the domain pack.",
        ) from error
