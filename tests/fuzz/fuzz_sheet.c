/* What sheet_parse() takes is within its bounds, and what was taken reads back as it was written. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct inventory_model models[] = {
	{.name = "medfusion-4000", .title = "Smiths Medical Medfusion 4000", .manufacturer = "Smiths Medical"},
	{.name = "hospira-plum-a-plus", .title = "Hospira Plum A+", .manufacturer = "Hospira"},
	{.name = "generic", .title = "Generic device"},
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_row(const struct sheet *sheet, const struct sheet_row *row, size_t before)
{
	expect(row->line > before && row->line > sheet->heading_line);
	expect(row->fault_count <= SHEET_FAULTS_MAX);
	for (size_t i = 0; i < row->fault_count; i++) {
		expect(row->faults[i].words && *row->faults[i].words);
		expect(row->faults[i].column <= SHEET_COLUMNS_MAX);
		expect((row->faults[i].column > 0) == (row->faults[i].heading != NULL));
	}
	expect(row->fault_count > 0 || (row->device.asset && inventory_asset_check(row->device.asset, NULL) == 0));
}

/* Rows without a fault, and complete, are written and read again. */
static void check_writing(const struct sheet *sheet, const struct sheet_options *options)
{
	CLEANUP(sheet_clear) struct sheet again = {0};
	CLEANUP(text_clear) struct text text = {0};
	struct error e;
	size_t next = 0;

	sheet_write_heading(&text);
	for (size_t i = 0; i < sheet->count; i++)
		if (sheet->rows[i].fault_count == 0)
			sheet_write_device(&text, &sheet->rows[i].device);
	expect(!text.failed && sheet_parse(&again, text.data, text.length, options, &e) == 0);
	for (size_t i = 0; i < sheet->count; i++) {
		const struct inventory_device *was = &sheet->rows[i].device;
		if (sheet->rows[i].fault_count > 0)
			continue;
		expect(next < again.count);
		const struct inventory_device *is = &again.rows[next++].device;
		expect(again.rows[next - 1].fault_count == 0);
		expect(is_same(was->asset, is->asset) && is_same(was->serial, is->serial) && is_same(was->mac, is->mac));
		expect(is_same(was->model, is->model) && is_same(was->name, is->name) && is_same(was->link, is->link));
		expect(is_same(was->department, is->department) && is_same(was->credential, is->credential));
		expect(is_same(was->pins, is->pins) && was->state == is->state);
	}
	expect(next == again.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(sheet_clear) struct sheet sheet = {0};
	const struct sheet_options plain = {.models = models, .model_count = 3};
	struct sheet_options options = plain;
	struct error e = {0};

	/* The first byte chooses what else is known. */
	if (length > 0 && (bytes[0] & 1))
		options.constants[SHEET_LINK] = "ftp://{address}/{asset}/{serial}";
	if (length > 0 && (bytes[0] & 2))
		options.map[SHEET_ASSET] = "#1";
	if (sheet_parse(&sheet, (const char *)bytes + (length > 0), length - (length > 0), &options, &e) < 0) {
		expect(e.code == ERROR_DATA && e.text[0] && sheet.count == 0);
		return 0;
	}
	expect(sheet.columns[SHEET_ASSET] > 0 && sheet.heading_line > 0);
	for (size_t i = 0; i < sheet.count; i++)
		check_row(&sheet, &sheet.rows[i], i ? sheet.rows[i - 1].line : 0);
	check_writing(&sheet, &plain);
	return 0;
}
