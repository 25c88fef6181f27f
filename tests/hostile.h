#pragma once
/* Names that try to be more than a name: for each format's test that they come back as they were. */

static const char *const hostile[] = {
	"HEAD\nFILE_ADDED [forged v=\"1\"] x",
	"\x1B[2J\x1B]0;title\a",
	"a\xE2\x80\xAEx.exe\xE2\x80\xAC",
	"\xFF\xFE\xC3(",
	"] v=\"2\" x=\"",
	"a\\b\"c]d\\]",
	"|=^|\\=",
	"%0A%25% #011 \\n \\u000a %$!%",
	"%5E %20",
	"\xC2\x85\xE2\x80\xA8",
	" leading and trailing ",
	"   ",
	" ",
	"<0>1 - - - - - -",
	"\xF0\x9F\x92\x89 \xC3\xA4",
	"x msg=other act=told externalId=0",
	"x^sev=1^seq=9",
	"\tcs1=\ttab\t",
	"\",\"event\":{\"id\":\"0\"},\"x\":\"",
	"@cee: {\"a\":1}", "{\"a\":1}", "{", "}", "null", "CEF:0|a|b|c|d|e|1|x=y", "LEEF:2.0|a|b|c|d|^|x=y",
	"\\", "\\\\", "a\\", "=", "^", "|", "\r\n", "\xEF\xBB\xBF", "\\u000a\\n", "x, y, ...",
};
enum { HOSTILE = sizeof hostile / sizeof hostile[0] };
