"""What a workspace's YAML files may say, and reading them.

Every file is read once into a frozen model that knows its keys: a typo is an error, not a default.
"""

from toolkit.config.domain import DomainFile, LabelConfigFile, MigrationFile, MigrationsFile, TermsFile
from toolkit.config.reading import Name, Strict, read_yaml
from toolkit.config.team import MemberFile, TeamFile
from toolkit.config.workflow import (
    AssignmentSettings,
    ConfidentialSources,
    LabelStudioSettings,
    Order,
    RoutingSettings,
    WorkflowFile,
)

__all__ = [
    "AssignmentSettings",
    "ConfidentialSources",
    "DomainFile",
    "LabelConfigFile",
    "LabelStudioSettings",
    "MemberFile",
    "MigrationFile",
    "MigrationsFile",
    "Name",
    "Order",
    "RoutingSettings",
    "Strict",
    "TeamFile",
    "TermsFile",
    "WorkflowFile",
    "read_yaml",
]
