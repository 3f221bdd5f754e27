"""Items as agencies deliver them, for the tests of their readers and of their road."""

# ruff: noqa: E501 - items have long lines

from __future__ import annotations

import json
from typing import Any

TEXT = (
    "OSLO, Aug 24 (Reuters) - The harbour authority closed the northern quay on Sunday after inspectors found cracks in its wall.",
    "Ships were sent to the southern basin, where crews worked through the night to make room for them & their cargo.",
    "The quay, built in 1931, carries a third of the port's traffic and was to be renewed within two years.",
)


def newsml(
    version: int = 1, *, status: str = "usable", text: tuple[str, ...] = TEXT, guid: str = "urn:newsml:agency.example:20250824:Q1",
    kind: str = "text", embargoed: str = "", extra: str = "", envelope: bool = False,
) -> bytes:  # fmt: skip
    paragraphs = "".join(f"<p>{part.replace('&', '&amp;')}</p>" for part in text)
    hold = f"<embargoed>{embargoed}</embargoed>" if embargoed else ""
    item = f"""<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="{version}" standard="NewsML-G2" xml:lang="en-GB">
      <rightsInfo><copyrightHolder literal="The Agency"/><copyrightNotice>All rights reserved</copyrightNotice></rightsInfo>
      <itemMeta><itemClass qcode="ninat:{kind}"/><provider qcode="nprov:REUTERS"><name>Reuters</name></provider>
        <versionCreated>2025-08-24T0{7 + version}:10:00+02:00</versionCreated><firstCreated>2025-08-24T08:10:00+02:00</firstCreated>
        {hold}<pubStatus qcode="stat:{status}"/>{extra}</itemMeta>
      <contentMeta><by>By Ann Writer</by><headline>Oslo closes its northern quay over cracks</headline></contentMeta>
      <contentSet><inlineXML contenttype="application/nitf+xml"><nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><body>
        <body.head><hedline><hl1>Not this one</hl1></hedline><byline>Nor this</byline></body.head>
        <body.content>{paragraphs}<media><media-caption><p>A quay</p></media-caption></media></body.content></body></nitf></inlineXML></contentSet>
    </newsItem>"""
    if envelope:
        item = (
            f"<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'><header/><itemSet>{item}</itemSet></newsMessage>"
        )
    return f"<?xml version='1.0' encoding='UTF-8'?>{item}".encode()


def ninjs(
    edition: int = 3, version: int = 1, *, status: str = "usable", text: tuple[str, ...] = TEXT, **more: Any
) -> bytes:
    markup = "".join(f"<p>{part.replace('&', '&amp;')}</p>" for part in text)
    common = {"uri": "urn:ninjs:agency.example:Q1", "type": "text", "version": str(version), "language": "en-GB"}
    by_edition: dict[int, dict[str, Any]] = {
        1: {"pubstatus": status, "versioncreated": "2025-08-24T08:10:00Z", "copyrightholder": "Reuters", "byline": "Ann Writer",
            "headline": "Oslo closes its northern quay over cracks", "body_xhtml": markup, "body_text": " ".join(text)},
        2: {"pubstatus": status, "firstcreated": "2025-08-24T08:10:00Z", "copyrightholder": "Reuters", "by": "Ann Writer",
            "headlines": [{"role": "main", "value": "Oslo closes its northern quay over cracks"}],
            "bodies": [{"role": "main", "contenttype": "text/html", "value": markup}] if text else []},
        3: {"pubStatus": status, "firstCreated": "2025-08-24T08:10:00Z", "infoSources": [{"name": "Reuters"}], "by": "Ann Writer",
            "headlines": [{"role": "main", "value": "Oslo closes its northern quay over cracks"}],
            "bodies": [{"role": "main", "contentType": "text/plain", "value": "\n\n".join(text)}] if text else []},
    }  # fmt: skip
    return json.dumps(common | by_edition[edition] | more).encode()
