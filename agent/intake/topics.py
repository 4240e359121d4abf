"""What a section is about, by its headings."""

import re

from agent.intake.document import Document, Paragraph, Section

_NOTES = re.compile(
    r"(?:overview|background|introduction|intro|glossary|out of scope|non-?goals|summary|about"
    r"|purpose|context|motivation|references|changelog|open questions|table of contents)\b",
    re.IGNORECASE,
)
_TOPICS: dict[str, re.Pattern[str]] = {
    topic: re.compile(rf"(?:.*\b)?(?:{words})\b.*", re.IGNORECASE)
    for topic, words in {
        "conventions": "conventions?",
        "roles": "roles?|actors?",
        "enums": "enums?|enumerations?",
        "entities": "entit(?:y|ies)|data ?models?|resources?|models?|tables|schema|database",
    }.items()
}


def topic_of(section: Section) -> str | None:
    """What a section is about by its nearest telling heading: `conventions`, `roles`, ..."""
    return next((topic for heading in section.headings if (topic := topic_named(heading))), None)


def topic_named(heading: str) -> str | None:
    """The topic that a heading names, or None."""
    for topic, pattern in _TOPICS.items():
        if pattern.fullmatch(heading.strip()):
            return topic
    return None


def is_note(section: Section) -> bool:
    """Whether the section is background that requires nothing."""
    return any(_NOTES.match(heading.strip()) for heading in section.headings)


def lead_section(document: Document) -> Section | None:
    """The first section with content when it is a mere title and others follow."""
    sections = [s for s in document.sections if s.level or s.blocks]
    if len(sections) < 2 or sections[0].level > 1 or topic_of(sections[0]):
        return None
    return sections[0]


def lead_paragraphs(document: Document) -> list[Paragraph]:
    """The text under the title, when other sections follow it."""
    lead = lead_section(document)
    return [block for block in lead.blocks if isinstance(block, Paragraph)] if lead else []
