"""The report: the whole operation on one page that can be mailed."""

from toolkit.reports.filereport import file_page
from toolkit.reports.pictures import write_picture
from toolkit.reports.rendering import html, prepare
from toolkit.reports.workspacereport import workspace_page
from toolkit.reports.writing import write_whole

__all__ = ["file_page", "html", "prepare", "workspace_page", "write_picture", "write_whole"]
