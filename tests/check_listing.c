#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "listing/listing.h"

#include "suite.h"

enum { NO_SIZE = -1 };

/* A line, and what must be understood of it; without a name: passed over. */
struct shape {
	const char *line;
	enum listing_type type;
	long long size;
	const char *name;
	const char *modified;
};

static void assert_shape(enum listing_format format, const struct shape *shape)
{
	struct listing listing = {0};
	struct error e = {0};

	ck_assert_msg(listing_parse(&listing, format, shape->line, strlen(shape->line), &e) == 0,
		      "%s: %s", shape->line, e.text);
	if (!shape->name) {
		ck_assert_msg(listing.count == 0, "%s", shape->line);
		return;
	}
	ck_assert_msg(listing.count == 1, "%s: %zu entries", shape->line, listing.count);
	const struct listing_entry *entry = listing.entries;
	ck_assert_msg(strcmp(entry->name, shape->name) == 0, "%s: name \"%s\"", shape->line,
		      entry->name);
	ck_assert_msg(entry->type == shape->type, "%s: type %d", shape->line, entry->type);
	ck_assert_msg(entry->has_size == (shape->size != NO_SIZE), "%s: has a size: %d",
		      shape->line, entry->has_size);
	if (entry->has_size)
		ck_assert_msg(entry->size == (uint64_t)shape->size, "%s: size %llu", shape->line,
			      (unsigned long long)entry->size);
	if (shape->modified)
		ck_assert_msg(strcmp(entry->modified, shape->modified) == 0, "%s: time \"%s\"",
			      shape->line, entry->modified);
	listing_clear(&listing);
}

static void assert_refused(enum listing_format format, const char *bytes, size_t length,
			   const char *words)
{
	struct listing listing = {.count = 42};
	struct error e = {0};

	ck_assert_msg(listing_parse(&listing, format, bytes, length, &e) == -1, "taken: %s", bytes);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_msg(strstr(e.text, words), "\"%s\" says not \"%s\"", e.text, words);
	ck_assert_uint_eq(listing.count, 42); /* untouched */
}

static const struct shape unix_shapes[] = {
	{"-rw-r--r--   1 root     other        531 Jan 29 03:26 README", LISTING_FILE, 531,
	 "README", "Jan 29 03:26"},
	{"-rw-r--r--   1 root     other        531 Jan 29 03:26 two words and more  ", LISTING_FILE,
	 531, "two words and more  ", NULL},
	{"-rw-r--r-- 1 root other 531 Jan 29 03:26   three leading", LISTING_FILE, 531,
	 "  three leading", NULL},
	{"dr-xr-xr-x   2 root     other        512 Apr  8  1994 etc", LISTING_FOLDER, NO_SIZE, "etc",
	 "Apr 8 1994"},
	{"-rw-rw-rw-  1 0  0  491648 Jan 01 1980 HEAD_F~1", LISTING_FILE, 491648, "HEAD_F~1",
	 "Jan 01 1980"},
	/* columns that are missing */
	{"dr-xr-xr-x   2 root                  512 Apr  8  1994 no group", LISTING_FOLDER, NO_SIZE,
	 "no group", NULL},
	{"-rw-r--r-- root root 1234 Nov 22 01:00 no link count", LISTING_FILE, 1234, "no link count",
	 NULL},
	{"-rw-r--r-- 1234 Nov 22 01:00 nobody", LISTING_FILE, 1234, "nobody", NULL},
	{"-------r--         326  1391972  1392298 Nov 22  1995 NetPresenz file", LISTING_FILE,
	 1392298, "NetPresenz file", NULL},
	{"drwxrwxr-x               folder        2 May 10  1996 NetPresenz folder", LISTING_FOLDER,
	 NO_SIZE, "NetPresenz folder", NULL},
	/* permissions with more in them */
	{"-rw-rw-r--+ 1 u g 7 Nov 22 01:00 with an access list", LISTING_FILE, 7,
	 "with an access list", NULL},
	{"-rw-rw-r--. 1 u g 7 Nov 22 01:00 with a context", LISTING_FILE, 7, "with a context", NULL},
	{"drwxrws--T@ 1 u g 7 Nov 22 01:00 set bits", LISTING_FOLDER, NO_SIZE, "set bits", NULL},
	/* owners and groups that mislead */
	{"-rw-r--r--   1 group domain user 531 Jan 29 03:26 file", LISTING_FILE, 531, "file", NULL},
	{"-rw-r--r-- 1 EXAMPLE\\tech Domain Users 12 Nov 22 01:00 x", LISTING_FILE, 12, "x", NULL},
	{"-rw-r--r-- 1 ftp 12 2048 Jan 1 1980 numeric group", LISTING_FILE, 2048, "numeric group",
	 NULL},
	{"-rw-r--r-- 1 may 12 2048 Jan 1 1980 a month for an owner", LISTING_FILE, 2048,
	 "a month for an owner", NULL},
	{"-rw-r--r-- 1 500 2000 Jan 5 10:30 a year for a size", LISTING_FILE, 2000,
	 "a year for a size", NULL},
	{"-rw-r--r-- 12 500 100 1024 Mar 20 20:20 many links", LISTING_FILE, 1024, "many links",
	 NULL},
	/* names that look like dates */
	{"-rw-r--r-- 1 u g 12 Nov 22 01:00 5 Nov 22 01:00 x", LISTING_FILE, 12, "5 Nov 22 01:00 x",
	 NULL},
	{"-rw-r--r-- 1 u g 12 Nov 22 01:00 2026", LISTING_FILE, 12, "2026", NULL},
	{"-rw-r--r-- 1 u g 12 Nov 22 01:00 2026 report", LISTING_FILE, 12, "2026 report", NULL},
	{"-rw-r--r-- 1 u g 12 Nov 22 2025 10:30 log", LISTING_FILE, 12, "10:30 log", NULL},
	{"-rw-r--r-- 1 u g 12 2026-11-22 01:00 a", LISTING_FILE, 12, "a", "2026-11-22 01:00"},
	{"-rw-r--r-- 1 u g 12 2026-11-22 01:00:00 +0100", LISTING_FILE, 12, "+0100", NULL},
	/* other ways to write the time */
	{"-rw-r--r-- 1 root other 531 2005-06-07 21:22 long-iso", LISTING_FILE, 531, "long-iso",
	 "2005-06-07 21:22"},
	{"-rw-r--r-- 1 root other 531 2005-06-07 21:22:23.123456789 +0200 full-iso", LISTING_FILE,
	 531, "full-iso", "2005-06-07 21:22:23.123456789 +"},
	{"-rw-r--r-- 1 root other 531 09-26 13:45 iso", LISTING_FILE, 531, "iso", "09-26 13:45"},
	{"-rw-r--r-- 1 root other 531 2005-09-26  iso, old", LISTING_FILE, 531, "iso, old",
	 "2005-09-26"},
	{"-rw-r--r-- 1 root other 531 Sun Nov 22 01:00:00 2026 old full-time", LISTING_FILE, 531,
	 "old full-time", NULL},
	{"-rw-r--r-- 1 root other 531 Nov 22 01:00:00 2026 BSD", LISTING_FILE, 531, "BSD", NULL},
	{"-r-xr-xr-x 2 owner group 4512 01-jun-99 short", LISTING_FILE, 4512, "short", "01-jun-99"},
	{"-rw-r--r-- 1 root other 531 26. Jan 2005 day first", LISTING_FILE, 531, "day first", NULL},
	{"-rw-r--r-- 1 root other 531 8 avril 01:00 fr", LISTING_FILE, 531, "fr", NULL},
	{"-rw-r--r-- 1 root other 531 22 d\xC3\xA9" "c. 01:00 fr", LISTING_FILE, 531, "fr", NULL},
	{"-rw-r--r-- 1 root other 531 M\xC3\xA4r 22 2005 de", LISTING_FILE, 531, "de", NULL},
	{"-rw-r--r-- 1 root other 531 22. Okt 2005 de", LISTING_FILE, 531, "de", NULL},
	{"-rw-r--r-- 1 root other 531 dic 22 01:00 es", LISTING_FILE, 531, "es", NULL},
	{"-rw-r--r-- 1 root other 531 \xD0\xBD\xD0\xBE\xD1\x8F 22 01:00 ru", LISTING_FILE, 531, "ru",
	 NULL},
	{"-rw-r--r-- 1 root other 531 11\xE6\x9C\x88 22 01:00 ja", LISTING_FILE, 531, "ja", NULL},
	{"-rw-r--r-- 1 root sys 8473 4\xB7\xEE 18\xC6\xFC 2003\xC7\xAF euc", LISTING_FILE, 8473,
	 "euc", NULL},
	/* other types */
	{"lrwxrwxrwx   1 root     other          7 Jan 25 00:17 bin -> usr/bin", LISTING_LINK,
	 NO_SIZE, "bin", NULL},
	{"lrwxrwxrwx   1 root     other          7 Jan 25 00:17 no target shown", LISTING_LINK,
	 NO_SIZE, "no target shown", NULL},
	{"-rw-r--r-- 1 u g 7 Jan 25 00:17 a -> b", LISTING_FILE, 7, "a -> b", NULL},
	{"crw-rw-rw- 1 root root 1, 3 Nov 22 01:00 null", LISTING_OTHER, NO_SIZE, "null", NULL},
	{"brw-rw---- 1 root disk 8,0 Nov 22 01:00 sda", LISTING_OTHER, NO_SIZE, "sda", NULL},
	{"srwxrwxrwx 1 root root 0 Nov 22 01:00 socket", LISTING_OTHER, NO_SIZE, "socket", NULL},
	{"prw-r--r-- 1 root root 0 Nov 22 01:00 pipe", LISTING_OTHER, NO_SIZE, "pipe", NULL},
	{"drwxr-xr-x 2 root root 4096 Nov 22 01:00 marked/", LISTING_FOLDER, NO_SIZE, "marked", NULL},
	/* NetWare */
	{"d [R----F--] supervisor            512       Jan 16 18:53    LOGIN", LISTING_FOLDER,
	 NO_SIZE, "LOGIN", NULL},
	{"- [RWCEAFMS] rhesus             214059       Oct 20 15:27    CX.EXE", LISTING_FILE, 214059,
	 "CX.EXE", NULL},
	{"-[R----F--] 1 tech 12 Oct 20 15:27 HELLSOFT.TXT", LISTING_FILE, 12, "HELLSOFT.TXT", NULL},
	/* passed over */
	{"total 0", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"Total 1,024", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"insgesamt 12", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"\xE6\x80\xBB\xE7\x94\xA8\xE9\x87\x8F 12", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"   \t", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"drwxr-xr-x 2 root root 4096 Nov 22 01:00 .", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"drwxr-xr-x 2 root root 4096 Nov 22 01:00 ..", LISTING_FILE, NO_SIZE, NULL, NULL},
};

START_TEST(unix_shapes_are_understood)
{
	assert_shape(LISTING_LIST, &unix_shapes[_i]);
}
END_TEST

static const struct shape plain_shapes[] = {
	/* DOS and IIS */
	{"04-27-00  12:09PM       <DIR>          licensed", LISTING_FOLDER, NO_SIZE, "licensed",
	 "04-27-00 12:09PM"},
	{"04-27-00  12:09PM       <DIR>           leading", LISTING_FOLDER, NO_SIZE, " leading",
	 NULL},
	{"04-14-2000  03:47PM                  589 readme.htm", LISTING_FILE, 589, "readme.htm",
	 "04-14-2000 03:47PM"},
	{"01-01-80  12:00AM               491648 HEAD_F~1", LISTING_FILE, 491648, "HEAD_F~1", NULL},
	{"01-01-80  12:00 AM               491648 HEAD_F~1", LISTING_FILE, 491648, "HEAD_F~1",
	 "01-01-80 12:00 AM"},
	{"2002-09-02  18:48       <DIR>          long year", LISTING_FOLDER, NO_SIZE, "long year",
	 NULL},
	{"2002-09-02  19:06                9,730 long year", LISTING_FILE, 9730, "long year", NULL},
	{"31.12.1999  23:59  1,234,567  leading", LISTING_FILE, 1234567, " leading", NULL},
	{"12/31/1999  23:59:58  <SYMLINKD> link", LISTING_LINK, NO_SIZE, "link", NULL},
	/* VxWorks */
	{"    2048    JAN-01-1980  00:00:00   DATA              <DIR>", LISTING_FOLDER, NO_SIZE,
	 "DATA", "JAN-01-1980 00:00:00"},
	{"     512    DEC-02-2015  14:45:10   EXAMPLE.TXT       ", LISTING_FILE, 512, "EXAMPLE.TXT",
	 NULL},
	{"2048    Feb-28-1998  05:23:30   two words <DIR>", LISTING_FOLDER, NO_SIZE, "two words",
	 NULL},
	{"    2048    JAN-01-1980  00:00:00   .                 <DIR>", LISTING_FILE, NO_SIZE, NULL,
	 NULL},
	{"  size          date       time       name", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"--------       ------     ------    --------", LISTING_FILE, NO_SIZE, NULL, NULL},
	/* a size first, without permissions */
	{"206876  Apr 04, 2000 21:06 VShell file", LISTING_FILE, 206876, "VShell file",
	 "Apr 04, 2000 21:06"},
	{"0  Dec 12, 2002 02:13 VShell folder/", LISTING_FOLDER, NO_SIZE, "VShell folder", NULL},
	{"  1764 Jan 01  1980 CONFIG.XML", LISTING_FILE, 1764, "CONFIG.XML", NULL},
	{"  1764 01-01-1980 00:00 CONFIG.XML", LISTING_FILE, 1764, "CONFIG.XML", NULL},
	/* a name first: MQX RTCS as a pump was seen to print it, and a router */
	{"CONFIG.XML      1764 06-23-2016  08:25:30", LISTING_FILE, 1764, "CONFIG.XML",
	 "06-23-2016 08:25:30"},
	{"HEAD_F~1      491648 01-01-1980  00:00:48", LISTING_FILE, 491648, "HEAD_F~1", NULL},
	{"2                  0 00-00-1980  00:00:00", LISTING_OTHER, NO_SIZE, "2", NULL},
	{"EMPTY.TXT          0 06-23-2016  08:25:30", LISTING_FILE, 0, "EMPTY.TXT", NULL},
	{"7               1234 06-23-2016  08:25:30", LISTING_FILE, 1234, "7", NULL},
	{"LOGS           <DIR> 06-23-2016  08:25:30", LISTING_FOLDER, NO_SIZE, "LOGS", NULL},
	{"router-file       1014196  06/03/04  Thur.   10:20:03", LISTING_FILE, 1014196,
	 "router-file", "06/03/04 10:20:03"},
	/* EPLF */
	{"+i8388621.48594,m825718503,r,s280,up755\tfile name", LISTING_FILE, 280, "file name",
	 "825718503"},
	{"+i8388621.50690,m824255907,/,\tfolder", LISTING_FOLDER, NO_SIZE, "folder", NULL},
	{"+\tneither", LISTING_OTHER, NO_SIZE, "neither", NULL},
};

START_TEST(shapes_without_permissions_are_understood)
{
	assert_shape(LISTING_LIST, &plain_shapes[_i]);
}
END_TEST

static const struct shape mlsd_shapes[] = {
	{"type=file;size=491648;modify=19800101000048; HEAD_F~1", LISTING_FILE, 491648, "HEAD_F~1",
	 "19800101000048"},
	{"Type=File;Size=7;Modify=20261122010000.123;UNIX.mode=0644;  leading", LISTING_FILE, 7,
	 " leading", "20261122010000.123"},
	{"size=7;TYPE=FILE; a=b;c ", LISTING_FILE, 7, "a=b;c ", ""},
	{"type=file; no size", LISTING_FILE, NO_SIZE, "no size", NULL},
	{"type=dir;sizd=4096;size=4096;modify=20261122010000; folder", LISTING_FOLDER, NO_SIZE,
	 "folder", NULL},
	{"type=OS.unix=slink:/etc/passwd;size=11; link", LISTING_LINK, NO_SIZE, "link", NULL},
	{"type=OS.unix=symlink; link", LISTING_LINK, NO_SIZE, "link", NULL},
	{"type=OS.unix=chr-1/3; null", LISTING_OTHER, NO_SIZE, "null", NULL},
	{"type=cdir;modify=20261122010000; /some/where", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"type=pdir;modify=20261122010000; /some", LISTING_FILE, NO_SIZE, NULL, NULL},
	{"type=dir; ..", LISTING_FILE, NO_SIZE, NULL, NULL},
};

START_TEST(mlsd_is_understood)
{
	assert_shape(LISTING_MLSD, &mlsd_shapes[_i]);
}
END_TEST

static const char *const not_understood[] = {
	"ls: cannot open directory 'secret': Permission denied",
	"ls: ./HEAD_F~1: Permission denied",
	"/bin/ls: not found",
	"Permission denied",
	"README 12",
	"README",
	"-rw-r--r-- 1 root root 12 Nov 22 01:00",
	"-rw-r--r-- 1 root root 12 Nov 22 01:00 ",
	"-rw-r--r-- 1 root root 12 Nov 22",
	"-rw-r--r-- 1 root root 34.5k Nov 22 01:00 a rounded size",
	"-rw-r--r-- 1 root root 99999999999999999999 Nov 22 01:00 x",
	"-rw-r--r-- 1 root root 12 Nov 32 01:00 x",
	"-rw-r--r-- 1 root root 12 Nov 22 01:60 x",
	"-rw-r--r-- 1 root root 12 Foo 22 01:00 x",
	"-rw-r--r-- 1 root root 1,2345 Nov 22 01:00 x",
	"-rw-r--r-- 1 root root 12 Nov 22 01:00 a/b",
	"-rw-r--r-- 1 root root 12 Nov 22 01:00 /etc/passwd",
	"-rw-r--r-- 1 root root 12 Nov 22 01:00 carriage\rreturn",
	"-rw-r--r--x 1 root root 12 Nov 22 01:00 x",
	"-rw-r--r 1 root root 12 Nov 22 01:00 x",
	"zrw-r--r-- 1 root root 12 Nov 22 01:00 x",
	"d[RX-----] 1 root 12 Nov 22 01:00 x",
	"04-27-00  12:09PM       <WHAT>          x",
	"04-27-00  12:09PM       <DIR>",
	"+i1,r,s12 no tab",
	"+i1,r,s12x,\tbad size",
	"+i1,r,s1,s2,\ttwo sizes",
	"HEAD_F~1 491648 01-01-1980",
	"491648 01-01-1980  00:00:48",
};

START_TEST(a_line_that_is_not_understood_spoils_the_listing)
{
	struct text bytes;

	text_init(&bytes);
	text_addf(&bytes, "-rw-r--r-- 1 u g 7 Nov 22 01:00 good\r\n%s\r\n", not_understood[_i]);
	assert_refused(LISTING_LIST, bytes.data, bytes.length, "line 2");
	text_clear(&bytes);
}
END_TEST

static const char *const not_mlsd[] = {
	"size=7; without a type",
	"type=file;type=dir; two types",
	"type=file;size=7;size=8; two sizes",
	"type=file;size=x; bad size",
	"type=file;modify=\x1B[31m19800101; bad time",
	"type=file;modify=1980; short time",
	"type=file name without a mark",
	"type=file;",
	"type=file; ",
	"type=file; a/b",
	"type; x",
	" x",
	"-rw-r--r-- 1 u g 7 Nov 22 01:00 x",
};

START_TEST(mlsd_that_is_not_as_agreed_is_refused)
{
	assert_refused(LISTING_MLSD, not_mlsd[_i], strlen(not_mlsd[_i]), "line 1");
}
END_TEST

START_TEST(a_whole_listing_keeps_its_order)
{
	static const char bytes[] = "2                  0 00-00-1980  00:00:00\r\n"
				    "CONFIG.XML      1764 06-23-2016  08:25:30\r\n"
				    "\r\n"
				    "STORED~1        2140 06-24-2016  06:56:24\r\n"
				    "HEAD_F~1      491648 01-01-1980  00:00:48\n"
				    "HEAD_C~1        6224 10-26-2013  02:59:04";
	static const char *const names[] = {"2", "CONFIG.XML", "STORED~1", "HEAD_F~1", "HEAD_C~1"};
	struct listing listing;

	ck_assert_int_eq(listing_parse(&listing, LISTING_LIST, bytes, strlen(bytes), NULL), 0);
	ck_assert_uint_eq(listing.count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(listing.entries[i].name, names[i]);
	listing_clear(&listing);
	ck_assert_ptr_null(listing.entries);
}
END_TEST

START_TEST(an_empty_folder_is_an_empty_listing)
{
	static const char *const empty[] = {"", "\r\n", "total 0\r\n"};

	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
		struct listing listing;
		ck_assert_int_eq(
			listing_parse(&listing, LISTING_LIST, empty[i], strlen(empty[i]), NULL), 0);
		ck_assert_uint_eq(listing.count, 0);
		listing_clear(&listing);
	}
}
END_TEST

START_TEST(bare_names_are_files_of_unknown_size)
{
	static const char bytes[] = "HEAD_F~1\r\n leading and trailing \r\n..\r\n\r\ntotal 5\r\n";
	struct listing listing;

	ck_assert_int_eq(listing_parse(&listing, LISTING_NLST, bytes, strlen(bytes), NULL), 0);
	ck_assert_uint_eq(listing.count, 3);
	ck_assert_str_eq(listing.entries[1].name, " leading and trailing ");
	ck_assert_str_eq(listing.entries[2].name, "total 5");
	ck_assert(!listing.entries[0].has_size && listing.entries[0].type == LISTING_FILE);
	listing_clear(&listing);
	assert_refused(LISTING_NLST, "folder/name\r\n", 13, "not safe");
}
END_TEST

START_TEST(a_name_given_twice_is_refused)
{
	static const char bytes[] = "-rw-r--r-- 1 u g 7 Nov 22 01:00 same\r\n"
				    "-rw-r--r-- 1 u g 7 Nov 22 01:00 Same\r\n"
				    "drwxr-xr-x 1 u g 7 Nov 22 01:00 same\r\n";

	assert_refused(LISTING_LIST, bytes, strlen(bytes), "names same twice");
}
END_TEST

START_TEST(nul_bytes_in_a_name_are_refused)
{
	static const char bytes[] = "-rw-r--r-- 1 u g 7 Nov 22 01:00 HEAD\0.BIN";

	assert_refused(LISTING_LIST, bytes, sizeof bytes - 1, "has a NUL");
}
END_TEST

START_TEST(a_message_shows_the_line_escaped)
{
	static const char bytes[] = "\x1B[2Jwhat\xE2\x80\xA8is this";

	assert_refused(LISTING_LIST, bytes, strlen(bytes), "%1B[2Jwhat%E2%80%A8is this");
}
END_TEST

START_TEST(limits_hold)
{
	struct text bytes;
	struct listing listing;

	text_init(&bytes);
	for (int i = 0; i < LISTING_ENTRIES_MAX; i++)
		text_addf(&bytes, "%d\n", i);
	ck_assert_int_eq(listing_parse(&listing, LISTING_NLST, bytes.data, bytes.length, NULL), 0);
	ck_assert_uint_eq(listing.count, LISTING_ENTRIES_MAX);
	ck_assert_int_eq(listing_add(&listing, "one more", 8, LISTING_FILE, false, 0, NULL), -E2BIG);
	listing_clear(&listing);
	text_add(&bytes, "one more\n");
	assert_refused(LISTING_NLST, bytes.data, bytes.length, "more than 65536 entries");

	text_cut(&bytes, 0);
	while (bytes.length <= LISTING_NAME_MAX)
		text_add_char(&bytes, 'x');
	assert_refused(LISTING_NLST, bytes.data, bytes.length, "not safe");
	while (bytes.length <= LISTING_LINE_MAX)
		text_add_char(&bytes, 'x');
	assert_refused(LISTING_NLST, bytes.data, bytes.length, "too long");
	while (bytes.length <= LISTING_BYTES_MAX)
		text_add_char(&bytes, '\n');
	assert_refused(LISTING_NLST, bytes.data, bytes.length, "more than 8388608 bytes");
	text_clear(&bytes);
}
END_TEST

START_TEST(structured_entries_are_checked_alike)
{
	struct listing listing = {0};

	ck_assert_int_eq(listing_add(&listing, ".", 1, LISTING_FOLDER, false, 0, NULL), 0);
	ck_assert_int_eq(listing_add(&listing, "..", 2, LISTING_FOLDER, false, 0, NULL), 0);
	ck_assert_uint_eq(listing.count, 0);
	ck_assert_int_eq(listing_add(&listing, "", 0, LISTING_FILE, false, 0, NULL), -EINVAL);
	ck_assert_int_eq(listing_add(&listing, "a/b", 3, LISTING_FILE, false, 0, NULL), -EINVAL);
	ck_assert_int_eq(listing_add(&listing, "a\nb", 3, LISTING_FILE, false, 0, NULL), -EINVAL);
	ck_assert_int_eq(listing_add(&listing, "a\0b", 3, LISTING_FILE, false, 0, NULL), -EINVAL);
	ck_assert_int_eq(listing_add(&listing, "...", 3, LISTING_FILE, true, 9, "1795309200"), 0);
	ck_assert_str_eq(listing.entries[0].name, "...");
	ck_assert_str_eq(listing.entries[0].modified, "1795309200");
	ck_assert_uint_eq(listing.entries[0].size, 9);
	listing_clear(&listing);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
	Suite *suite = suite_create("listing");
	TCase *cases = tcase_create("listing");

	tcase_add_loop_test(cases, unix_shapes_are_understood, 0, COUNT(unix_shapes));
	tcase_add_loop_test(cases, shapes_without_permissions_are_understood, 0,
			    COUNT(plain_shapes));
	tcase_add_loop_test(cases, mlsd_is_understood, 0, COUNT(mlsd_shapes));
	tcase_add_loop_test(cases, a_line_that_is_not_understood_spoils_the_listing, 0,
			    COUNT(not_understood));
	tcase_add_loop_test(cases, mlsd_that_is_not_as_agreed_is_refused, 0, COUNT(not_mlsd));
	tcase_add_test(cases, a_whole_listing_keeps_its_order);
	tcase_add_test(cases, an_empty_folder_is_an_empty_listing);
	tcase_add_test(cases, bare_names_are_files_of_unknown_size);
	tcase_add_test(cases, a_name_given_twice_is_refused);
	tcase_add_test(cases, nul_bytes_in_a_name_are_refused);
	tcase_add_test(cases, a_message_shows_the_line_escaped);
	tcase_add_test(cases, limits_hold);
	tcase_add_test(cases, structured_entries_are_checked_alike);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
