#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/table.h"
#include "file/file.h"

enum { MODEL_BYTES_MAX = 256 * 1024 };

static json_t *json_paths(const struct visit_paths *paths)
{
	json_t *array = json_array();

	for (size_t i = 0; i < paths->count; i++)
		json_array_append_new(array, cli_json_string(paths->items[i]));
	return array;
}

static json_t *json_model(const struct inventory_model *model)
{
	json_t *files = json_array();

	for (size_t i = 0; i < model->selector_count; i++) {
		const struct visit_selector *selector = &model->selectors[i];
		json_array_append_new(files,
			json_pack("{so so}", "pattern", cli_json_string(selector->pattern), "kind",
				  selector->leave_out ? json_null()
						      : json_string(visit_kind_name(selector->kind))));
	}
	return json_pack("{so so so so so so so sb so}", "name", cli_json_string(model->name), "title",
			 cli_json_string(model->title), "manufacturer", cli_json_string(model->manufacturer),
			 "versions", cli_json_string(model->versions), "advisories",
			 json_paths(&model->advisories), "closed_ports", json_paths(&model->closed_ports),
			 "not_covered", json_paths(&model->not_covered), "example", model->example, "files", files);
}

int verb_models(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{.heading = "MODEL"}, {.heading = "TITLE", .fit = CLI_WRAP, .least = 16}, {.heading = "FILES"},
		{.heading = "REMARK", .fit = CLI_WRAP, .least = 12},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	if (argc > 1)
		return cli_usage(cli, "\"models\" takes no arguments, but \"%s\" was given", argv[1]);
	json_t *array = json_array();
	for (size_t i = 0; i < cli->setup.models.count; i++) {
		const struct inventory_model *model = &cli->setup.models.items[i];
		char files[32];
		(void)snprintf(files, sizeof files, "%zu patterns", model->selector_count); /* fits */
		const char *const row[] = {model->name, model->title, files,
					   model->example ? "example: fill in from service documents" : NULL};
		cli_table_add(&table, row);
		json_array_append_new(array, json_model(model));
	}
	if (cli->json)
		return cli_print_json(array);
	json_decref(array);
	cli_table_print(cli, &table);
	return 0;
}

static void print_model(const struct cli *cli, const struct inventory_model *model)
{
	cli_line(cli, "Model", model->name);
	cli_line(cli, "Title", model->title);
	cli_line(cli, "Manufacturer", model->manufacturer);
	cli_line(cli, "Versions", model->versions);
	for (size_t i = 0; i < model->advisories.count; i++)
		cli_line(cli, i ? "" : "Advisories", model->advisories.items[i]);
	for (size_t i = 0; i < model->closed_ports.count; i++)
		cli_line(cli, i ? "" : "To be closed", model->closed_ports.items[i]);
	for (size_t i = 0; i < model->not_covered.count; i++)
		cli_line(cli, i ? "" : "Not covered", model->not_covered.items[i]);
	if (model->example)
		cli_line(cli, "Remark", "the paths are examples: fill them in from the maker's service documents");
	printf("\nFiles (the first pattern that matches decides):\n");
	for (size_t i = 0; i < model->selector_count; i++) {
		const struct visit_selector *selector = &model->selectors[i];
		CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, selector->pattern);
		printf("  %-14s %s\n", selector->leave_out ? "(left out)" : visit_kind_name(selector->kind),
		       shown ? shown : "");
	}
}

int verb_model_show(struct cli *cli, int argc, char **argv)
{
	struct error e;

	if (argc != 2)
		return cli_usage(cli, "\"model show\" wants one model");
	const struct inventory_model *model = cli_find_model(cli, argv[1], &e);
	if (!model)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_model(model));
	print_model(cli, model);
	return 0;
}

int verb_model_check(struct cli *cli, int argc, char **argv)
{
	CLEANUP(text_clear) struct text text;
	CLEANUP(inventory_model_clear) struct inventory_model model = {0};
	struct error e;

	text_init(&text);
	if (argc != 2)
		return cli_usage(cli, "\"model check\" wants one file");
	if (file_read(&text, argv[1], MODEL_BYTES_MAX, ERROR_DATA, &e) < 0 ||
	    inventory_model_parse(&model, argv[1], text.data ? text.data : "", text.length, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_model(&model));
	print_model(cli, &model);
	if (!cli->quiet)
		printf("\nThe profile is fine. Put it into the folder of models to use it.\n");
	return 0;
}
