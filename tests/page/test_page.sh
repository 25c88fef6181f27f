#!/bin/bash
# The page in a real browser: quiet, accessible, on a phone and on paper. Counts as browser.py does.
set -u
srcdir=$(realpath "${srcdir:-.}")
builddir=$(realpath "${builddir:-.}")
AXE=/usr/local/lib/pumpwatch-check/axe-core/axe.min.js
export AXE TZ=UTC

[ -r "$AXE" ] || { echo "axe-core is missing: scripts/dependencies check"; exit 1; }
pages=$(mktemp -d "${TMPDIR:-/tmp}/pumpwatch-pages.XXXXXX") || exit 1
trap 'rm -rf "$pages"' EXIT
asked=()
for fleet in trouble fine empty stopped hostile large; do
	"$builddir/tests/page/fleets" "$fleet" >"$pages/$fleet.html" || exit 1
	asked+=("$fleet=$pages/$fleet.html")
done
for sheet in pass fail; do # of the service bench
	asked+=("sheet-$sheet=$srcdir/tests/data/sheet/$sheet.html")
done
TMPDIR=$pages python3 "$srcdir/tests/page/browser.py" check "${asked[@]}"
