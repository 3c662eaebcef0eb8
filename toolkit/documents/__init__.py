"""From files to tasks: reading, splitting into passages, language, exact duplicates."""

from toolkit.documents.content import content_id
from toolkit.documents.duplicates import ExactDuplicates
from toolkit.documents.language import detect_language
from toolkit.documents.read import read_documents
from toolkit.documents.split import split_document
from toolkit.documents.unreadable import Unreadable

__all__ = ["ExactDuplicates", "Unreadable", "content_id", "detect_language", "read_documents", "split_document"]
