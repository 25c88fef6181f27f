#!/bin/bash
# The metrics as the real Prometheus reads them, and the dashboard for Grafana: each of its queries
# finds something there.
# shellcheck disable=SC2317 # cases are called by name
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
builddir=$(realpath "${builddir:-.}")
# Unpacked by scripts/dependencies; or installed.
aside=/usr/local/lib/pumpwatch-check/prometheus/usr/bin
PATH=$PATH:$aside
for program in prometheus promtool; do
	command -v "$program" >/dev/null || { echo "$program is missing: scripts/dependencies check"; exit 1; }
done
dashboard=$srcdir/conf/grafana/pumpwatch.json
metrics=$TEMPORARY/web/metrics

promtool_takes_them() {
	mkdir "$TEMPORARY/web"
	"$builddir/tests/check_report_metrics" "$metrics" || fail "they could not be written"
	# shellcheck disable=SC2016 # for that shell
	exits 0 sh -c 'promtool check metrics <"$1"' sh "$metrics"
	same "$OUTPUT" "" "what promtool says"
}

promtool_sees_what_is_wrong() {
	sed 's/^# TYPE pumpwatch_devices gauge/# TYPE pumpwatch_devices gauges/' "$metrics" >"$TEMPORARY/wrong"
	# shellcheck disable=SC2016 # for that shell
	exits 1 sh -c 'promtool check metrics <"$1"' sh "$TEMPORARY/wrong"
}

# What Grafana's import asks for: a model with a title, panels with places and targets, and the
# variable that each data source names.
the_dashboard_has_the_shape_that_is_imported() {
	# shellcheck disable=SC2016 # Grafana has variables, too
	exits 0 jq -e '(.title | length > 0) and (.uid | length > 0 and length <= 40) and .schemaVersion >= 36
		and (.id == null) and (.panels | length > 0)
		and ([.panels[].id] | length == (unique | length))
		and all(.panels[]; (.type | length > 0) and (.gridPos | has("x") and has("y") and has("w") and has("h"))
			and .gridPos.x + .gridPos.w <= 24 and (.targets | length > 0)
			and all(.targets[]; (.expr | length > 0) and (.refId | length > 0)
				and .datasource == {"type": "prometheus", "uid": "${datasource}"}))
		and any(.templating.list[]; .type == "datasource" and .name == "datasource" and .query == "prometheus")' "$dashboard"
}

each_metric_that_it_asks_for_is_written() {
	local name count=0
	for name in $(jq -r '.panels[].targets[].expr, (.templating.list[].definition // empty)' "$dashboard" |
		grep -oE 'pumpwatch_[a-z_]+' | sort -u); do
		count=$((count + 1))
		grep -q "^# TYPE $name gauge\$" "$metrics" || fail "$name is not written"
	done
	[ "$count" -gt 20 ] || fail "only $count metrics are asked for"
}

query() { promtool query instant "http://127.0.0.1:$prometheus" "$1"; }
finds() { [ -n "$(query "$1")" ]; }

prometheus_scrapes_them() {
	pages=$(free_port)
	(cd "$TEMPORARY/web" && exec python3 -m http.server --bind 127.0.0.1 "$pages" >"$TEMPORARY/pages.log" 2>&1) &
	keep_pid $!
	await port_answers "$pages"
	prometheus=$(free_port)
	cat >"$TEMPORARY/prometheus.yml" <<-END
		global:
		  scrape_interval: 1s
		scrape_configs:
		  - job_name: pumpwatch
		    static_configs:
		      - targets: ["127.0.0.1:$pages"]
	END
	prometheus --config.file="$TEMPORARY/prometheus.yml" --storage.tsdb.path="$TEMPORARY/tsdb" \
		--web.listen-address="127.0.0.1:$prometheus" >"$TEMPORARY/prometheus.log" 2>&1 &
	keep_pid $!
	await port_answers "$prometheus"
	await finds 'up{job="pumpwatch"} == 1'
	await finds 'pumpwatch_build_info'
	contains "$(query pumpwatch_devices)" 'state="active"} => 998'
	contains "$(query 'pumpwatch_baseline_expiry_timestamp_seconds{release="2026-10"}')" '=> +Inf'
	contains "$(query 'scrape_samples_scraped')" "=> $(grep -vc '^#' "$metrics") "
}

each_query_of_the_dashboard_finds_something() {
	local expression count=0
	while IFS= read -r expression; do
		count=$((count + 1))
		# shellcheck disable=SC2016 # Grafana's variable
		finds "${expression//'$instance'/.*}" || fail "nothing is found by: $expression"
	done < <(jq -r '.panels[].targets[].expr' "$dashboard")
	[ "$count" -gt 20 ] || fail "only $count queries were tried"
}

run_case promtool_takes_them
run_case promtool_sees_what_is_wrong
run_case the_dashboard_has_the_shape_that_is_imported
run_case each_metric_that_it_asks_for_is_written
run_case prometheus_scrapes_them
run_case each_query_of_the_dashboard_finds_something
finish
