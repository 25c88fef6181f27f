#!/usr/bin/python3
"""Holds the pieces in conf/siem against real events. Usage: pieces.py CASE CONF EVENTS

EVENTS is a folder with the spool files rfc5424, ecs and leef of the same events. What the receivers'
own programs would do with a piece cannot be run here; what can is: that it is well-formed, that the
fields it names are fields that events have, and that its expressions find them. Says what is wrong
and ends with 1.
"""
import csv
import json
import pathlib
import re
import sys

import yaml

CONF, EVENTS = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
bad = []


def expect(true, words):
    if not true:
        bad.append(words)


def flat(value, prefix=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{prefix}{key}.")
    else:
        yield prefix[:-1], value


def ecs_events():
    return [json.loads(line) for line in open(EVENTS / "ecs", encoding="utf-8")]


def ecs_fields():
    return {name for event in ecs_events() for name, _ in flat(event)}


def stanzas(path):
    """A .conf of Splunk: lines that end with a backslash go on."""
    found, current = {}, None
    for line in path.read_text(encoding="utf-8").replace("\\\n", "\n ").split("\n"):
        if line.startswith("["):
            expect(re.fullmatch(r"\[[^\]]+\]", line), f"{path.name}: {line}")
            current = found.setdefault(line[1:-1], {})
        elif line.startswith(" "):
            current[key] += line
        elif line and not line.startswith("#"):
            key, equals, value = line.partition(" = ")
            expect(equals and current is not None, f"{path.name}: {line}")
            expect(key not in current, f"{path.name}: {key} twice")
            current[key] = value
    return found


def parameters(element):
    return {name: re.sub(r'\\(["\\\]])', r"\1", value)
            for name, value in re.findall(r' (\w+)="((?:[^"\\\]]|\\.)*)"', element)}


def splunk():
    props = stanzas(CONF / "splunk/props.conf")
    transforms = stanzas(CONF / "splunk/transforms.conf")
    searches = stanzas(CONF / "splunk/savedsearches.conf")
    lines = open(EVENTS / "rfc5424", encoding="utf-8").read().splitlines()
    ecs = ecs_events()
    aliases = dict(re.findall(r'"([^"]+)" AS (\w+)', props["pumpwatch:ecs"]["FIELDALIAS-pumpwatch"]))
    expect(set(aliases) <= ecs_fields(), f"aliases of no field: {set(aliases) - ecs_fields()}")
    for line, event in zip(lines, ecs):
        for kind, text in (("pumpwatch:rfc5424", line), ("pumpwatch:ecs", json.dumps(event, separators=(",", ":"), ensure_ascii=False))):
            prefix = re.search(props[kind]["TIME_PREFIX"], text)
            expect(prefix and text[prefix.end():].startswith(event["@timestamp"]), f"{kind}: no time: {text}")
            expect(len(event["@timestamp"]) <= int(props[kind]["MAX_TIMESTAMP_LOOKAHEAD"]), "time too long")
        header = re.search(transforms["pumpwatch-header"]["REGEX"], line)
        expect(header and header[1] == event["observer"]["hostname"] and header[2] == event["event"]["code"], line)
        element = re.search(transforms["pumpwatch-element"]["REGEX"], line)
        expect(element, f"no element: {line}")
        found = dict(re.findall(transforms["pumpwatch-parameters"]["REGEX"], element[1]))
        names = dict(flat(event))
        expect(found["eid"] == names["event.id"], line)
        expect(int(found["seq"]) == names["event.sequence"], line)
        expect("forged" not in found, f"a field from the name of a file: {line}")
        expect(parameters(element[1]).keys() == found.keys(), f"other fields: {found}")
    for name, search in searches.items():
        expect(search["search"].startswith("index=pumpwatch "), name)
        expect(re.fullmatch(r"[0-9*/]+( [0-9*/]+){4}", search["cron_schedule"]), name)
        for field in re.findall(r"(?:^|[ |])(msgid|seq|eid|sev|action|site|collector|asset|interval)\b", search["search"]):
            expect(field in set(aliases.values()), f"{name}: {field}")
    rows = list(csv.DictReader(open(CONF / "splunk/pumpwatch_collectors.csv", encoding="utf-8")))
    expect(rows and rows[0].keys() == {"site", "collector"}, "collectors.csv")


def elastic():
    known = ecs_fields() | {"event.ingested"}
    for path in (CONF / "elastic").glob("*.json"):
        piece = json.loads(path.read_text(encoding="utf-8"))
        if path.name.startswith("rule-"):
            query = piece["params"]["esqlQuery"]["esql"]
            fields = set(re.findall(r"\b(?:event|pumpwatch|observer|host)\.\w+\b|@timestamp", query))
            expect(fields and fields <= known, f"{path.name}: {fields - known}")
            expect(piece["rule_type_id"] == ".es-query" and piece["params"]["timeField"] in known, path.name)
    template = json.loads((CONF / "elastic/index-template.json").read_text(encoding="utf-8"))

    def mapped(properties, prefix=""):
        for name, mapping in properties.items():
            if "properties" in mapping:
                yield from mapped(mapping["properties"], f"{prefix}{name}.")
            else:
                yield prefix + name

    names = set(mapped(template["template"]["mappings"]["properties"]))
    expect(names - known <= {"pumpwatch.under"}, f"mapped, but no event has it: {names - known}")
    pipeline = json.loads((CONF / "elastic/ingest-pipeline.json").read_text(encoding="utf-8"))
    expect(pipeline["processors"][0]["set"]["field"] == "_id", "pipeline")
    filebeat = yaml.safe_load((CONF / "elastic/filebeat.yml").read_text(encoding="utf-8"))
    processor = filebeat["filebeat.inputs"][0]["processors"][0]["fingerprint"]
    expect(set(processor["fields"]) <= known, f"filebeat: {processor}")


def wazuh():
    import xml.etree.ElementTree as tree
    rules = tree.parse(CONF / "wazuh/pumpwatch-rules.xml").getroot()
    known = ecs_fields() | {"pumpwatch.collector"}
    severities = set()
    seen = []
    for rule in rules.iter("rule"):
        seen.append(rule.get("id"))
        for field in rule.iter("field"):
            expect(field.get("name") in known, field.get("name"))
            if field.get("name") == "event.severity":
                severities.add(field.text)
        for name in re.findall(r"\$\(([^)]+)\)", rule.findtext("description")):
            expect(name in known, name)
        parent = rule.findtext("if_sid")
        expect(parent is None or parent in seen, f"rule {rule.get('id')} before its parent")
    expect(len(seen) == len(set(seen)), "a rule's number twice")
    expect(severities == {f"^{n}$" for n in range(1, 7)}, f"severities: {severities}")
    decoders = tree.fromstring("<all>" + (CONF / "wazuh/pumpwatch-decoders.xml").read_text(encoding="utf-8") + "</all>")
    regex = re.search(decoders.find("./decoder/regex").text, "sample-site/collector.example.org: is heard again.")
    expect(regex[1] == "sample-site/collector.example.org", "decoder")
    words = (CONF / "rsyslog/pumpwatch-silence").read_text(encoding="utf-8")
    for rule in rules.iter("rule"):
        match = rule.findtext("match")
        expect(match is None or match in words, f"pumpwatch-silence does not say: {match}")


def qradar():
    keys = set()
    for line in open(EVENTS / "leef", encoding="utf-8"):
        keys |= {field.partition("=")[0] for field in line.split("|", 6)[6].split("^")}
    for row in csv.DictReader(open(CONF / "qradar/properties.csv", encoding="utf-8")):
        expect(row["LEEF key"] in keys, f"no event has the key {row['LEEF key']}")
        expect(row["type"] in ("AlphaNumeric", "Numeric"), row["property"])


{"splunk": splunk, "elastic": elastic, "wazuh": wazuh, "qradar": qradar}[sys.argv[1]]()
print("\n".join(bad))
sys.exit(1 if bad else 0)
