#!/usr/bin/python3
"""Read what a terminal was sent, and say what is wrong with it as a table of WIDTH columns.

Usage: columns.py WIDTH [HEADING...]

No line may be wider; where headings are given, the columns under them must begin where they do, so
that a blank stands before each of them in every line. East Asian wide characters take two columns,
combining ones none; the colours take none."""
import re
import sys
import unicodedata


def columns(line):
    """The characters of a line, one for each column."""
    shown = []
    for character in line:
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        shown.append(character)
        if unicodedata.east_asian_width(character) in "WF":
            shown.append("")
    return shown


def main():
    width, headings = int(sys.argv[1]), sys.argv[2:]
    lines = sys.stdin.buffer.read().decode("utf-8").split("\n")
    plain = [columns(re.sub("\x1b\\[[0-9;]*m", "", line)) for line in lines]
    faults = ["%d columns: %s" % (len(line), "".join(line)) for line in plain if len(line) > width]
    if headings:
        first = next((i for i, line in enumerate(plain) if all(h in "".join(line) for h in headings)), None)
        if first is None:
            faults.append("no line has the headings %s" % headings)
        else:
            places = ["".join(c or " " for c in plain[first]).index(heading) for heading in headings]
            for line in plain[first + 1:]:
                if not line:
                    break
                faults += ["column %d is not free: %s" % (place - 1, "".join(line))
                           for place in places if 0 < place <= len(line) and line[place - 1] != " "]
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
