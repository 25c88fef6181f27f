#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert_seen.h"
#include "clean_line.h"

static const struct {
	const char *field, *cef, *leef, *ecs, *ocsf;
} fields[] = {
	{"v", "pumpwatchV", "v", "pumpwatch.v", "unmapped.v"},
	{"eid", "externalId", "eid", "event.id", "metadata.uid"},
	{"seq", "seq", "seq", "event.sequence", "metadata.sequence"},
	{"prev", "prev", "prev", "pumpwatch.prev", "unmapped.prev"},
	{"action", "act", "action", "pumpwatch.action", "unmapped.action"},
	{"sev", "pumpwatchSev", "syslogSev", "event.severity", "unmapped.sev"},
	{"resolves", "pumpwatchResolves", "resolves", "pumpwatch.resolves", "unmapped.resolves"},
	{"alert", "alert", "alert", "pumpwatch.alert", "unmapped.alert"},
	{"under", "pumpwatchUnder", "under", "pumpwatch.under", "unmapped.under"},
	{"site", "pumpwatchSite", "site", "pumpwatch.site", "unmapped.site"},
	{"asset", "dhost", "resource", "host.id", "device.uid"},
	{"serial", "pumpwatchSerial", "serial", "device.serial_number", "device.hw_info.serial_number"},
	{"model", "pumpwatchModel", "model", "device.model.identifier", "unmapped.model"},
	{"name", "pumpwatchName", "name", "host.name", "device.name"},
	{"department", "pumpwatchDepartment", "department", "pumpwatch.department", "unmapped.department"},
	{"ip", "dst", "src", "host.ip.0", "device.ip"},
	{"link", "pumpwatchLink", "link", "pumpwatch.link", "unmapped.link"},
	{"path", "filePath", "path", "file.path", "evidences.0.file.path"},
	{"pathTrunc", "pumpwatchPathTrunc", "pathTrunc", "pumpwatch.path_trunc", "unmapped.path_trunc"},
	{"pathSha256", "pumpwatchPathSha256", "pathSha256", "pumpwatch.path_sha256", "unmapped.path_sha256"},
	{"kind", "fileType", "kind", "pumpwatch.kind", "unmapped.kind"},
	{"md5", "md5", "md5", "file.hash.md5", "evidences.0.file.hashes.0.value"},
	{"sha256", "fileHash", "sha256", "file.hash.sha256", "evidences.0.file.hashes.1.value"},
	{"size", "fsize", "size", "file.size", "evidences.0.file.size"},
	{"md5Old", "md5Old", "md5Old", "pumpwatch.baseline.hash.md5", "unmapped.md5_old"},
	{"sha256Old", "oldFileHash", "sha256Old", "pumpwatch.baseline.hash.sha256", "unmapped.sha256_old"},
	{"sizeOld", "oldFileSize", "sizeOld", "pumpwatch.baseline.size", "unmapped.size_old"},
	{"release", "release", "release", "pumpwatch.release", "unmapped.release"},
	{"manifest", "manifest", "manifest", "pumpwatch.manifest", "unmapped.manifest"},
	{"releaseOld", "pumpwatchReleaseOld", "releaseOld", "pumpwatch.release_old", "unmapped.release_old"},
	{"manifestOld", "pumpwatchManifestOld", "manifestOld", "pumpwatch.manifest_old",
	 "unmapped.manifest_old"},
	{"outcome", "reason", "outcome", "event.reason", "unmapped.outcome"},
	{"group", "pumpwatchGroup", "group", "pumpwatch.group.name", "unmapped.group"},
	{"members", "pumpwatchMembers", "members", "pumpwatch.group.members", "unmapped.members"},
	{"count", "pumpwatchCount", "count", "pumpwatch.group.count", "unmapped.count"},
	{"part", "pumpwatchPart", "part", "pumpwatch.group.part", "unmapped.part"},
	{"parts", "pumpwatchParts", "parts", "pumpwatch.group.parts", "unmapped.parts"},
	{"assets", "assets", "assets", "pumpwatch.group.assets", "unmapped.assets"},
	{"by", "suser", "usrName", "user.name", "unmapped.by"},
	{"sweep", "sweep", "sweep", "pumpwatch.sweep", "unmapped.sweep"},
	{"devices", "pumpwatchDevices", "devices", "pumpwatch.counts.devices", "unmapped.counts.devices"},
	{"verified", "pumpwatchVerified", "verified", "pumpwatch.counts.verified", "unmapped.counts.verified"},
	{"behind", "pumpwatchBehind", "behind", "pumpwatch.counts.behind", "unmapped.counts.behind"},
	{"skipped", "pumpwatchSkipped", "skipped", "pumpwatch.counts.skipped", "unmapped.counts.skipped"},
	{"untrusted", "pumpwatchUntrusted", "untrusted", "pumpwatch.counts.untrusted",
	 "unmapped.counts.untrusted"},
	{"partial", "pumpwatchPartial", "partial", "pumpwatch.counts.partial", "unmapped.counts.partial"},
	{"unreachable", "pumpwatchUnreachable", "unreachable", "pumpwatch.counts.unreachable",
	 "unmapped.counts.unreachable"},
	{"refused", "pumpwatchRefused", "refused", "pumpwatch.counts.refused", "unmapped.counts.refused"},
	{"wrongDevice", "pumpwatchWrongDevice", "wrongDevice", "pumpwatch.counts.wrong_device",
	 "unmapped.counts.wrong_device"},
	{"drifted", "pumpwatchDrifted", "drifted", "pumpwatch.counts.drifted", "unmapped.counts.drifted"},
	{"open", "pumpwatchOpen", "open", "pumpwatch.counts.open", "unmapped.counts.open"},
	{"overdue", "pumpwatchOverdue", "overdue", "pumpwatch.counts.overdue", "unmapped.counts.overdue"},
	{"waiting", "pumpwatchWaiting", "waiting", "pumpwatch.counts.waiting", "unmapped.counts.waiting"},
	{"findings", "pumpwatchFindings", "findings", "pumpwatch.counts.findings",
	 "unmapped.counts.findings"},
	{"files", "pumpwatchFiles", "files", "pumpwatch.counts.files", "unmapped.counts.files"},
	{"bytes", "pumpwatchBytes", "bytes", "pumpwatch.counts.bytes", "unmapped.counts.bytes"},
	{"duration", "pumpwatchDuration", "duration", "pumpwatch.counts.duration",
	 "unmapped.counts.duration"},
	{"approvals", "pumpwatchApprovals", "approvals", "pumpwatch.counts.approvals",
	 "unmapped.counts.approvals"},
	{"evaluation", "pumpwatchEvaluation", "evaluation", "pumpwatch.evaluation", "unmapped.evaluation"},
	{"stopped", "pumpwatchStopped", "stopped", "pumpwatch.stopped", "unmapped.stopped"},
	{"why", "pumpwatchWhy", "why", "pumpwatch.why", "unmapped.why"},
	{"interval", "pumpwatchInterval", "interval", "pumpwatch.interval", "unmapped.interval"},
	{"serials", "pumpwatchSerials", "serials", "pumpwatch.serials", "unmapped.serials"},
	{"serialsSha256", "pumpwatchSerialsSha256", "serialsSha256", "pumpwatch.serials_sha256",
	 "unmapped.serials_sha256"},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* ---- reading ---- */

int alert_seen_body(struct alert_seen *ret_seen, enum alert_format format, const char *body, size_t length)
{
	ret_seen->format = format;
	if (!line_is_clean(body, length))
		return -1;
	if (format == ALERT_CEF)
		return cef_line_parse(&ret_seen->cef, body, length);
	if (format == ALERT_LEEF)
		return leef_line_parse(&ret_seen->leef, body, length);
	ret_seen->json = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(ret_seen->json) ? 0 : -1;
}

int alert_seen_parse(struct alert_seen *ret_seen, enum alert_format format, enum alert_carrier carrier,
		     const char *message, size_t length)
{
	*ret_seen = (struct alert_seen){.format = format};
	if (format == ALERT_RFC5424)
		return syslog_line_parse(&ret_seen->header, message, length);
	if (carrier == ALERT_LINE)
		return alert_seen_body(ret_seen, format, message, length);
	int failed = carrier == ALERT_LOCAL ? syslog_text_parse(&ret_seen->header, message, length)
					    : syslog_line_parse(&ret_seen->header, message, length);
	if (failed || ret_seen->header.count > 0)
		return -1;
	return alert_seen_body(ret_seen, format, ret_seen->header.sentence, strlen(ret_seen->header.sentence));
}

void alert_seen_clear(struct alert_seen *seen)
{
	syslog_line_clear(&seen->header);
	cef_line_clear(&seen->cef);
	leef_line_clear(&seen->leef);
	json_decref(seen->json);
	*seen = (struct alert_seen){0};
}

/* ---- looking ---- */

const json_t *alert_seen_at(const json_t *root, const char *place)
{
	char name[64];

	while (root && *place != '\0') {
		size_t length = strcspn(place, ".");
		if (length >= sizeof name)
			abort();
		memcpy(name, place, length);
		name[length] = '\0';
		root = json_is_array(root) ? json_array_get(root, strtoul(name, NULL, 10))
					   : json_object_get(root, name);
		place += length + (place[length] == '.');
	}
	return root;
}

static const char *join(const json_t *array)
{
	static char list[8192];
	size_t length = 0;

	list[0] = '\0';
	for (size_t i = 0; i < json_array_size(array); i++)
		length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i > 0 ? ", " : "",
					   json_string_value(json_array_get(array, i)));
	return list;
}

static const char *get_json(struct alert_seen *seen, const char *place)
{
	const json_t *value = alert_seen_at(seen->json, place);

	if (json_is_array(value))
		return join(value);
	if (json_is_true(value))
		return "yes";
	if (json_is_integer(value)) {
		(void)snprintf(seen->number, sizeof seen->number, "%lld", (long long)json_integer_value(value));
		return seen->number;
	}
	return json_string_value(value);
}

const char *alert_seen_get(struct alert_seen *seen, const char *field)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcmp(fields[i].field, field) != 0)
			continue;
		switch (seen->format) {
		case ALERT_CEF:
			return cef_line_get(&seen->cef, fields[i].cef);
		case ALERT_LEEF:
			return leef_line_get(&seen->leef, fields[i].leef);
		case ALERT_ECS:
			return get_json(seen, fields[i].ecs);
		case ALERT_OCSF:
			return get_json(seen, fields[i].ocsf);
		default:
			return syslog_line_get(&seen->header, field);
		}
	}
	abort();
}

const char *alert_seen_field(size_t index)
{
	return index < FIELDS ? fields[index].field : NULL;
}
