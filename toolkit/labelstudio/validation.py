"""What Label Studio's own parser finds wrong with a label config."""

from __future__ import annotations

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
    )
    try:
        LabelInterface(xml).validate()
    except broken as error:
        raise ConfigError(
            f"The label config of {key} is not valid: {' '.join(str(error).split())}",
            hint="correct its XML in the domain pack.",
        ) from error
