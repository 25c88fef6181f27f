#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

static void clear(struct store_act *act)
{
	free(act->by);
	free(act->verb);
	free(act->subject);
	free(act->detail);
}

void store_acts_clear(struct store_acts *acts)
{
	for (size_t i = 0; i < acts->count; i++)
		clear(&acts->items[i]);
	free(acts->items);
	*acts = (struct store_acts){0};
}

int store_act_add(struct store *store, int64_t at, const char *by, const char *verb, const char *subject,
		  const char *detail, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO act (number, at, actor, verb, subject, detail)"
				     " SELECT ifnull(max(number), 0) + 1, ?, ?, ?, ?, ? FROM act");
	store_bind_integer(&statement, at);
	store_bind_text(&statement, by);
	store_bind_text(&statement, verb);
	store_bind_text(&statement, subject);
	store_bind_text(&statement, detail);
	return store_run(&statement, e) < 0 ? -1 : store_change_commit(&change, e);
}

static void read_act(struct statement *row, struct store_act *ret_act)
{
	ret_act->number = store_read_count(row);
	ret_act->at = store_read_integer(row);
	ret_act->by = store_read_text(row);
	ret_act->verb = store_read_text(row);
	ret_act->subject = store_read_text(row);
	ret_act->detail = store_read_text(row);
}

int store_acts_list(struct store *store, const char *subject, size_t most, struct store_acts *ret_acts,
		    struct error *e)
{
	struct store_acts acts CLEANUP(store_acts_clear) = {0};
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT number, at, actor, verb, subject, detail FROM act"
				     " WHERE ?1 IS NULL OR subject = ?1 ORDER BY number DESC LIMIT ?2");
	int row;

	store_bind_text(&statement, subject);
	store_bind_count(&statement, most);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&acts.items, acts.count, sizeof *acts.items) < 0)
			return error_memory(e);
		read_act(&statement, &acts.items[acts.count++]);
	}
	if (row < 0)
		return -1;
	*ret_acts = acts;
	acts = (struct store_acts){0};
	return 0;
}
