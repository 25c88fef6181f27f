#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/sheet.h"

#include "suite.h"

static struct inventory_model models[] = {
	{.name = "medfusion-4000", .title = "Smiths Medical Medfusion 4000", .manufacturer = "Smiths Medical"},
	{.name = "hospira-plum-a-plus", .title = "Hospira Plum A+", .manufacturer = "Hospira"},
	{.name = "hospira-plum-a-plus-3", .title = "Hospira Plum A+3", .manufacturer = "Hospira"},
	{.name = "generic", .title = "Generic device"},
};
enum { MODELS = sizeof models / sizeof *models };

static struct sheet_options options;
static struct sheet sheet;
static struct error e;

static void set_up(void)
{
	options = (struct sheet_options){.models = models, .model_count = MODELS};
}

static void tear_down(void)
{
	sheet_clear(&sheet);
}

/* A string literal with NULs, or a string. */
#define PARSE(literal) parse_bytes(literal, sizeof(literal) - 1)
static void parse_bytes(const char *bytes, size_t length)
{
	sheet_clear(&sheet);
	e = (struct error){0};
	ck_assert_msg(sheet_parse(&sheet, bytes, length, &options, &e) == 0, "%s", e.text);
}

static void parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

static void refuse(const char *text, const char *words)
{
	struct sheet none = {0};

	e = (struct error){0};
	ck_assert_int_eq(sheet_parse(&none, text, strlen(text), &options, &e), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_msg(strstr(e.text, words) != NULL, "\"%s\" is not in: %s", words, e.text);
}

static void expect_fault(size_t row, const char *code, const char *words)
{
	ck_assert_uint_lt(row, sheet.count);
	for (size_t i = 0; i < sheet.rows[row].fault_count; i++) {
		const struct sheet_fault *fault = &sheet.rows[row].faults[i];
		if (strcmp(sheet_fault_name(fault->code), code) == 0) {
			ck_assert_msg(strstr(fault->words, words) != NULL, "\"%s\" is not in: %s", words, fault->words);
			return;
		}
	}
	ck_abort_msg("row %zu has no fault %s, but %s", row, code,
		     sheet.rows[row].fault_count ? sheet.rows[row].faults[0].words : "none");
}

/* ---- what a file may look like ---- */

/* All of them say: SAMPLE-1, serial S1, department Süd. */
static const struct {
	const char *what, *bytes;
	size_t length;
} shapes[] = {
#define SHAPE(what, literal) {what, literal, sizeof(literal) - 1}
	SHAPE("commas", "Asset,Serial,Dept\nSAMPLE-1,S1,S\xC3\xBC" "d\n"),
	SHAPE("no newline at the end", "Asset,Serial,Dept\nSAMPLE-1,S1,S\xC3\xBC" "d"),
	SHAPE("a byte order mark", "\xEF\xBB\xBF" "Asset,Serial,Dept\r\nSAMPLE-1,S1,S\xC3\xBC" "d\r\n"),
	SHAPE("semicolons", "Asset;Serial;Dept\r\nSAMPLE-1;S1;S\xC3\xBC" "d\r\n"),
	SHAPE("tabs", "Asset\tSerial\tDept\r\nSAMPLE-1\tS1\tS\xC3\xBC" "d\r\n"),
	SHAPE("bars", "Asset|Serial|Dept\nSAMPLE-1|S1|S\xC3\xBC" "d\n"),
	SHAPE("sep=", "sep=;\r\nAsset;Serial;Dept\r\nSAMPLE-1;S1;S\xC3\xBC" "d\r\n"),
	SHAPE("carriage returns", "Asset,Serial,Dept\rSAMPLE-1,S1,S\xC3\xBC" "d\r"),
	SHAPE("Windows-1252", "Asset,Serial,Dept\r\nSAMPLE-1,S1,S\xFC" "d\r\n"),
	SHAPE("UTF-16LE", "\xFF\xFE" "A\0s\0s\0e\0t\0,\0S\0N\0,\0D\0e\0p\0t\0\n\0S\0A\0M\0P\0L\0E\0-\0" "1\0,\0S\0" "1\0,\0S\0\xFC\0d\0"),
	SHAPE("UTF-16LE without a mark", "A\0s\0s\0e\0t\0,\0S\0N\0,\0D\0e\0p\0t\0\n\0S\0A\0M\0P\0L\0E\0-\0" "1\0,\0S\0" "1\0,\0S\0\xFC\0d\0"),
	SHAPE("UTF-16BE", "\xFE\xFF" "\0A\0s\0s\0e\0t\0,\0S\0N\0,\0D\0e\0p\0t\0\n\0S\0A\0M\0P\0L\0E\0-\0" "1\0,\0S\0" "1\0,\0S\0\xFC\0d"),
	SHAPE("titles", "Equipment list\nSample site, 2026\n\nAsset Tag,S/N,Dept.\nSAMPLE-1,S1,S\xC3\xBC" "d\n"),
	SHAPE("titles with delimiters", "List;;;\nPrinted;today;;\nAsset #;Serial No.;Ward;\nSAMPLE-1;S1;S\xC3\xBC" "d;\n"),
	SHAPE("blank lines", "\n\nAsset,Serial,Dept\n\n,,\n \nSAMPLE-1,S1,S\xC3\xBC" "d\n,,,,\n\n"),
	SHAPE("quotes", "\"Asset\",\"Serial\",\"Dept\"\n\"SAMPLE-1\",\"S1\",\"S\xC3\xBC" "d\"\n"),
	SHAPE("spaces", " Asset , Serial , Dept \n  SAMPLE-1 ,\" S1 \",\xC2\xA0S\xC3\xBC" "d\xC2\xA0 \n"),
	SHAPE("another order", "Dept,Foo,Serial,Bar,Asset\nS\xC3\xBC" "d,x,S1,y,SAMPLE-1\n"),
	SHAPE("trailing columns", "Asset,Serial,Dept,,,\nSAMPLE-1,S1,S\xC3\xBC" "d,,,\n"),
	SHAPE("a formula's text", "Asset,Serial,Dept\n=\"SAMPLE-1\",\"=\"\"S1\"\"\",S\xC3\xBC" "d\n"),
	SHAPE("an apostrophe", "Asset,Serial,Dept\nSAMPLE-1,S1,S\xC3\xBC" "d\n"),
	SHAPE("the heading again", "Asset,Serial,Dept\nSAMPLE-1,S1,S\xC3\xBC" "d\nAsset,Serial,Dept\n"),
	SHAPE("a line break in a cell", "Asset,Note,Serial,Dept\nSAMPLE-1,\"one\ntwo\",S1,S\xC3\xBC" "d\n"),
	SHAPE("a quote in a cell", "Asset,Note,Serial,Dept\nSAMPLE-1,12\" pole,S1,S\xC3\xBC" "d\n"),
	SHAPE("Equipment ID, SERIAL NUMBER, Care Area", "Equipment ID,SERIAL NUMBER,Care Area\nSAMPLE-1,S1,S\xC3\xBC" "d\n"),
};

START_TEST(files_of_every_shape_say_the_same)
{
	parse_bytes(shapes[_i].bytes, shapes[_i].length);
	ck_assert_msg(sheet.count == 1, "%s: %zu rows", shapes[_i].what, sheet.count);
	const struct sheet_row *row = &sheet.rows[0];
	ck_assert_msg(row->fault_count == 0, "%s: %s", shapes[_i].what, row->fault_count ? row->faults[0].words : "");
	ck_assert_str_eq(row->device.asset, "SAMPLE-1");
	ck_assert_str_eq(row->device.serial, "S1");
	ck_assert_msg(row->device.department && strcmp(row->device.department, "S\xC3\xBC" "d") == 0, "%s: %s",
		      shapes[_i].what, row->device.department);
}
END_TEST

START_TEST(a_file_that_is_no_csv_is_called_by_its_name)
{
	refuse("PK\x03\x04...", "this is a workbook (.xlsx or .ods)");
	refuse("\xD0\xCF\x11\xE0...", "this is a workbook (.xls)");
	refuse("%PDF-1.7", "this is a PDF");
	refuse("  <html><table>", "this is HTML");
	refuse("{\"a\": 1}", "this is JSON");
	refuse("", "the file is empty");
	refuse(" \r\n\n", "the file is empty");
	refuse("sep=;\n;;\n", "nothing in it but blank lines");
	refuse("\xFF\xFEx", "UTF-16 text with a fault");
}
END_TEST

START_TEST(without_an_asset_column_the_columns_are_named)
{
	refuse("Bett,Ort\n1,2\n", "say which one does with --map asset=COLUMN. The columns of line 1 are \"Bett\", \"Ort\"");
	options.map[SHEET_ASSET] = "Bett";
	parse("Bett,Ort\nSAMPLE-1,2\n");
	ck_assert_str_eq(sheet.rows[0].device.asset, "SAMPLE-1");
	options.map[SHEET_DEPARTMENT] = "Orth";
	refuse("Bett,Ort\n1,2\n", "line 1 has no column \"Orth\" for department. Its columns are \"Bett\", \"Ort\"");
	options.map[SHEET_DEPARTMENT] = "#3";
	refuse("Bett,Ort\n1,2\n", "no column \"#3\"");
	options.map[SHEET_DEPARTMENT] = "#1";
	options.map[SHEET_ASSET] = NULL;
	refuse("Asset,Ort\n1,2\n", "column 1 would be both asset and department");
}
END_TEST

START_TEST(a_name_that_stands_twice_is_asked_about)
{
	refuse("Asset,Location,Location\n1,2,3\n", "the columns 2 and 3 are both named \"Location\": say which one is meant "
						    "with --map department=#2");
	options.map[SHEET_DEPARTMENT] = "#3";
	parse("Asset,Location,Location\nSAMPLE-1,2,3\n");
	ck_assert_str_eq(sheet.rows[0].device.department, "3");
	options.map[SHEET_DEPARTMENT] = "";
	parse("Asset,Location,Location\nSAMPLE-1,2,3\n");
	ck_assert_ptr_null(sheet.rows[0].device.department);
}
END_TEST

START_TEST(a_habit_is_tried_first_and_missed_by_nobody)
{
	options.habit[SHEET_DEPARTMENT] = "Bereich";
	parse("Asset,Dept,Bereich\nSAMPLE-1,ICU,ER\n");
	ck_assert_str_eq(sheet.rows[0].device.department, "ER");
	parse("Asset,Dept\nSAMPLE-1,ICU\n");
	ck_assert_str_eq(sheet.rows[0].device.department, "ICU");
}
END_TEST

START_TEST(a_quotation_mark_that_never_closes_is_found_where_it_opens)
{
	refuse("Asset,Name\nA,b\nC,\"d\nE,f\nG,h\n", "line 3: a quotation mark opens a cell here and is never closed");
}
END_TEST

START_TEST(rows_know_their_lines)
{
	parse("\r\nAsset,Name\r\n\r\nA,\"x\r\ny\r\nz\"\r\n,,\r\nB,y\r\n");
	ck_assert_uint_eq(sheet.heading_line, 2);
	ck_assert_uint_eq(sheet.count, 2);
	ck_assert_uint_eq(sheet.rows[0].line, 4);
	ck_assert_str_eq(sheet.rows[0].device.name, "x y z");
	ck_assert_uint_eq(sheet.rows[1].line, 8);
}
END_TEST

START_TEST(lines_that_are_not_utf_8_are_counted)
{
	parse("Asset,Name\nA,\xC3\xBC\nB,\xFC \x80\nC,c\n");
	ck_assert_uint_eq(sheet.converted, 1);
	ck_assert_str_eq(sheet.encoding, "Windows-1252");
	ck_assert_str_eq(sheet.rows[0].device.name, "\xC3\xBC");
	ck_assert_str_eq(sheet.rows[1].device.name, "\xC3\xBC \xE2\x82\xAC");
}
END_TEST

START_TEST(caps_hold)
{
	CLEANUP(text_clear) struct text text = {0};

	text_add(&text, "Asset,Name\nA,\"");
	for (int i = 0; i < SHEET_CELL_MAX + 8192; i++)
		text_add_char(&text, 'x');
	refuse(text.data, "line 2: a cell has more than 65536 bytes");
	text_cut(&text, 0);
	text_add(&text, "Asset,Name\nA");
	for (int i = 0; i < SHEET_COLUMNS_MAX; i++)
		text_add_char(&text, ',');
	refuse(text.data, "line 2 has more than 512 columns");
}
END_TEST

/* ---- cells ---- */

static const struct {
	const char *heading, *cell;
	const char *code; /* NULL: it is taken */
	const char *words;
} cells[] = {
	{"MAC Address", "00:1B:21:3A:4F:05", NULL, NULL},
	{"MAC Address", "001b.213a.4f05", NULL, NULL},
	{"MAC Address", "N/A", NULL, NULL},
	{"MAC Address", "00:1B:21:3A:4F:O5", "bad-mac", "\"00:1B:21:3A:4F:O5\": a MAC is six pairs"},
	{"MAC Address", "00:00:00:00:00:00", "bad-mac", "placeholder"},
	{"MAC Address", "1.23457E+11", "rounded-number", "rounded"},
	{"Serial", "\"1,23457e+11\"", "rounded-number", "format the column as text"},
	{"Serial", "'1.5E+7", NULL, NULL},
	{"Serial", "123E", NULL, NULL},
	{"Serial", "a\x01" "b", "control-character", "take it out"},
	{"Serial", "\"a\nb\"", "control-character", "line break"},
	{"Serial", "0123456789012345678901234567890123456789012345678901234567890123", "bad-serial", "at most 63 bytes"},
	{"Model", "Plum A+", NULL, NULL},
	{"Model", "hospira plum a+3", NULL, NULL},
	{"Model", "PLUM-A-PLUS", NULL, NULL},
	{"Model", "Medfusion  4000", NULL, NULL},
	{"Model", "medfusion 400", "unknown-model", "did you mean \"medfusion-4000\"?"},
	{"Model", "Medfusion 4000 Syringe Pump", "unknown-model", "did you mean \"medfusion-4000\"?"},
	{"Model", "Sample bed", "unknown-model", "\"pumpwatch models\" lists them"},
	{"Link", "ftp://192.0.2.1/", NULL, NULL},
	{"Link", "192.0.2.1", "bad-link", "a link begins with ftp://"},
	{"Link", "ftp://a:b@192.0.2.1/", "bad-link", "must not hold a user or password"},
	{"Credential", "ward 3", "bad-credential", "the name of its file, not the password"},
	{"Pin", "1234", "bad-pin", "a pin is"},
	{"Pin", "(clear)", "never-cleared", "never clears"},
	{"Link", "(clear)", "never-cleared", "never clears"},
	{"Serial", "(clear)", NULL, NULL},
	{"State", "In Service", NULL, NULL},
	{"State", "IN-REPAIR", NULL, NULL},
	{"State", "Missing", "unknown-state", "write active, stored, maintenance or retired"},
	{"State", "Inactive", "unknown-state", "--map state="},
	{"Name", "Bed 4; \"left\"", NULL, NULL},
	{"Name", "x,y", "too-many-cells", "is a comma part of a text"},
};

START_TEST(cells_are_taken_or_refused_with_what_would_be_right)
{
	CLEANUP(text_clear) struct text text = {0};

	text_addf(&text, "Asset,%s\nSAMPLE-1,%s\n", cells[_i].heading, cells[_i].cell);
	parse(text.data);
	ck_assert_uint_eq(sheet.count, 1);
	if (cells[_i].code)
		expect_fault(0, cells[_i].code, cells[_i].words);
	else
		ck_assert_msg(sheet.rows[0].fault_count == 0, "%s: %s", cells[_i].cell,
			      sheet.rows[0].fault_count ? sheet.rows[0].faults[0].words : "");
}
END_TEST

START_TEST(a_nul_is_refused_by_row)
{
	PARSE("Asset,Serial,Dept\nA,S\0" "1,ICU\nB,S2,ER\n");
	expect_fault(0, "control-character", "control character");
	ck_assert_uint_eq(sheet.rows[0].faults[0].column, 2);
	ck_assert_str_eq(sheet.rows[0].faults[0].heading, "Serial");
	ck_assert_uint_eq(sheet.rows[1].fault_count, 0);
}
END_TEST

START_TEST(fillers_and_empty_cells_say_nothing)
{
	parse("Asset,Serial,Dept,Name,State\nA,-,n/a,NONE,\nB,,TBD,#N/A,unknown\nC,(clear),(clear),'N/A,-\n");
	ck_assert_uint_eq(sheet.rows[0].given, 1u << SHEET_ASSET);
	ck_assert_uint_eq(sheet.rows[1].given, 1u << SHEET_ASSET);
	ck_assert_uint_eq(sheet.rows[2].cleared, 1u << SHEET_SERIAL | 1u << SHEET_DEPARTMENT);
	ck_assert_str_eq(sheet.rows[2].device.name, "N/A");
}
END_TEST

START_TEST(assets_are_missed_and_checked)
{
	parse("Asset,Serial\n,S1\nA B,S2\n");
	expect_fault(0, "missing-asset", "has no asset tag");
	expect_fault(1, "bad-asset", "\"A B\": an asset tag is");
}
END_TEST

START_TEST(the_maker_helps_to_find_the_model)
{
	parse("Asset,Manufacturer,Model\nA,\"Hospira, Inc.\",Plum A+\nB,HOSPIRA,PLUM A+3\nC,Baxter,Plum A+\nD,,Plum A+\n");
	ck_assert_str_eq(sheet.rows[0].device.model, "hospira-plum-a-plus");
	ck_assert_str_eq(sheet.rows[1].device.model, "hospira-plum-a-plus-3");
	expect_fault(2, "unknown-model", "no profile for \"Baxter Plum A+\": did you mean \"hospira-plum-a-plus\"?");
	ck_assert_str_eq(sheet.rows[3].device.model, "hospira-plum-a-plus");
}
END_TEST

/* ---- links ---- */

START_TEST(links_are_made_of_addresses)
{
	refuse("Asset,IP Address\nA,192.0.2.1\n", "column \"IP Address\" holds addresses");
	options.constants[SHEET_LINK] = "sftp://{address}/{asset}";
	parse("Asset,IP Address\nA,192.0.2.1\nB,2001:db8::1\nC,[2001:db8::1]:22\nD,pump.example.org:2222\nE,\nF,ward 3\nG,ftp://x/\n");
	ck_assert_str_eq(sheet.rows[0].device.link, "sftp://192.0.2.1/A");
	ck_assert_str_eq(sheet.rows[1].device.link, "sftp://[2001:db8::1]/B");
	ck_assert_str_eq(sheet.rows[2].device.link, "sftp://[2001:db8::1]:22/C");
	ck_assert_str_eq(sheet.rows[3].device.link, "sftp://pump.example.org:2222/D");
	ck_assert_ptr_null(sheet.rows[4].device.link);
	expect_fault(5, "bad-address", "\"ward 3\" is no address");
	expect_fault(6, "bad-address", "is no address");
	options.constants[SHEET_LINK] = "file:///sample/{serial}";
	parse("Asset,Serial,Link\nA,S 1/2,\nB,S2,ftp://192.0.2.9/\n");
	ck_assert_str_eq(sheet.rows[0].device.link, "file:///sample/S%201%2F2");
	ck_assert_str_eq(sheet.rows[1].device.link, "ftp://192.0.2.9/");
}
END_TEST

START_TEST(templates_are_checked)
{
	ck_assert_int_eq(sheet_link_check("ftp://{address}:2121/x", &e), 0);
	ck_assert_int_eq(sheet_link_check("file:///{asset}/{serial}", &e), 0);
	ck_assert_int_eq(sheet_link_check("ftp://192.0.2.1/", NULL), 0);
	ck_assert_int_eq(sheet_link_check("ftp://{adress}/", &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "{address}, {asset} or {serial}"));
	ck_assert_int_eq(sheet_link_check("{address}", &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "a link begins with"));
	ck_assert_int_eq(sheet_link_check("", NULL), -1);
}
END_TEST

START_TEST(constants_fill_what_a_row_does_not_say)
{
	options.constants[SHEET_DEPARTMENT] = "ICU";
	options.constants[SHEET_MODEL] = "generic";
	parse("Asset,Dept\nA,\nB,ER\n");
	ck_assert_str_eq(sheet.rows[0].device.department, "ICU");
	ck_assert_str_eq(sheet.rows[1].device.department, "ER");
	ck_assert_str_eq(sheet.rows[1].device.model, "generic");
}
END_TEST

/* ---- the map ---- */

static void clear_map(char *(*map)[SHEET_FIELD_COUNT])
{
	for (int i = 0; i < SHEET_FIELD_COUNT; i++)
		free((*map)[i]);
}

START_TEST(a_map_may_have_commas_in_names)
{
	CLEANUP(clear_map) char *map[SHEET_FIELD_COUNT] = {NULL};

	ck_assert_int_eq(sheet_map_parse(map, "asset=Tag, old,serial=S/N, name=", &e), 0);
	ck_assert_int_eq(sheet_map_parse(map, "serial=Serial = new", &e), 0);
	ck_assert_str_eq(map[SHEET_ASSET], "Tag, old");
	ck_assert_str_eq(map[SHEET_SERIAL], "Serial = new");
	ck_assert_str_eq(map[SHEET_NAME], "");
	ck_assert_int_eq(sheet_map_parse(map, "tag=x", &e), -1);
	ck_assert_int_eq(e.code, ERROR_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "\"tag\" is no field"));
	ck_assert_int_eq(sheet_map_parse(map, "asset", &e), -1);
}
END_TEST

/* ---- names, and writing ---- */

START_TEST(every_field_and_fault_has_a_name)
{
	enum sheet_field field;

	for (int i = 0; i < SHEET_FIELD_COUNT; i++) {
		ck_assert_int_eq(sheet_field_parse(&field, sheet_field_name((enum sheet_field)i)), 0);
		ck_assert_int_eq(field, i);
	}
	for (int i = 0; i < SHEET_FAULT_COUNT; i++) {
		ck_assert_ptr_nonnull(sheet_fault_name((enum sheet_fault_code)i));
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(sheet_fault_name((enum sheet_fault_code)i), sheet_fault_name((enum sheet_fault_code)k));
	}
}
END_TEST

static const char *const values[] = {"plain", "a,b;c|d", "say \"x\"", "=1+1", "+49", "-", "--", "-5", "@home", "'quoted'",
	"''", "'=x", "N/A", "none", "(clear)", "1.5E+7", "=\"007\"", "\xEF\xBC\x9Dx", "0012", "S\xC3\xBC", "a  b"};

START_TEST(what_is_written_is_read_back)
{
	CLEANUP(text_clear) struct text text = {0};
	struct inventory_device device = {.asset = (char *)"SAMPLE-1", .model = (char *)"generic",
		.link = (char *)"ftp://192.0.2.1/", .name = (char *)values[_i], .serial = (char *)values[_i],
		.department = (char *)values[_i], .state = INVENTORY_MAINTENANCE};

	sheet_write_heading(&text);
	sheet_write_device(&text, &device);
	parse(text.data);
	ck_assert_uint_eq(sheet.count, 1);
	ck_assert_msg(sheet.rows[0].fault_count == 0, "%s: %s", text.data,
		      sheet.rows[0].fault_count ? sheet.rows[0].faults[0].words : "");
	ck_assert_str_eq(sheet.rows[0].device.name, values[_i]);
	ck_assert_str_eq(sheet.rows[0].device.serial, values[_i]);
	ck_assert_str_eq(sheet.rows[0].device.department, values[_i]);
	ck_assert_int_eq(sheet.rows[0].device.state, INVENTORY_MAINTENANCE);
	for (const char *c = strchr(text.data, '\n'); c && *c; c++)
		if (*c == ',')
			ck_assert_msg(!strchr("=+-@", c[1 + (c[1] == '"')]) || c[1] == '\0', "a formula: %s", text.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sheet");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, files_of_every_shape_say_the_same, 0, sizeof shapes / sizeof *shapes);
	tcase_add_test(all, a_file_that_is_no_csv_is_called_by_its_name);
	tcase_add_test(all, without_an_asset_column_the_columns_are_named);
	tcase_add_test(all, a_name_that_stands_twice_is_asked_about);
	tcase_add_test(all, a_habit_is_tried_first_and_missed_by_nobody);
	tcase_add_test(all, a_quotation_mark_that_never_closes_is_found_where_it_opens);
	tcase_add_test(all, rows_know_their_lines);
	tcase_add_test(all, lines_that_are_not_utf_8_are_counted);
	tcase_add_test(all, caps_hold);
	tcase_add_loop_test(all, cells_are_taken_or_refused_with_what_would_be_right, 0, sizeof cells / sizeof *cells);
	tcase_add_test(all, a_nul_is_refused_by_row);
	tcase_add_test(all, fillers_and_empty_cells_say_nothing);
	tcase_add_test(all, assets_are_missed_and_checked);
	tcase_add_test(all, the_maker_helps_to_find_the_model);
	tcase_add_test(all, links_are_made_of_addresses);
	tcase_add_test(all, templates_are_checked);
	tcase_add_test(all, constants_fill_what_a_row_does_not_say);
	tcase_add_test(all, a_map_may_have_commas_in_names);
	tcase_add_test(all, every_field_and_fault_has_a_name);
	tcase_add_loop_test(all, what_is_written_is_read_back, 0, sizeof values / sizeof *values);
	suite_add_tcase(suite, all);
	return suite_run(suite);
}
