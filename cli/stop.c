#include "base/cleanup.h"
#include "cli/cli.h"
#include "sweep/sweep.h"

int verb_stop(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = {{0}};
	struct error e;

	if (cli_option(cli, argc, argv, none) != -1)
		return ERROR_USAGE;
	if (optind < argc || !cli->reason)
		return cli_usage(cli, "\"stop\" wants a --reason of one line, and nothing else");
	/* The stop comes first; a store that cannot take its record must not prevent it. */
	if (sweep_stop_write(cli->setup.config.state, cli->reason, &e) < 0)
		return cli_fail(cli, &e);
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 ||
	    cli_record_act(cli, "fleet", NULL, &e) < 0) {
		error_prefix(&e, "the stop is in force, but who made it could not be recorded");
		return cli_fail(cli, &e);
	}
	if (cli->json)
		return cli_print_json(json_pack("{so so}", "stop", cli_json_string(cli->reason), "by",
						cli_json_string(cli->by)));
	if (!cli->quiet)
		printf("Stopped: running visits end within seconds, none begins until \"pumpwatch resume\".\n");
	return 0;
}

int verb_resume(struct cli *cli, int argc, char **argv)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	struct error e;

	if (argc > 1)
		return cli_usage(cli, "\"resume\" takes no arguments, but \"%s\" was given", argv[1]);
	int r = sweep_stop_read(cli->setup.config.state, &reason, &e);
	if (r < 0)
		return cli_fail(cli, &e);
	if (r == 0) {
		if (cli->json)
			return cli_print_json(json_pack("{sn}", "lifted"));
		if (!cli->quiet)
			printf("No stop is in force.\n");
		return 0;
	}
	/* The record comes first: visits begin only when it is known who lifted the stop. */
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 ||
	    cli_record_act(cli, "fleet", reason, &e) < 0 ||
	    sweep_stop_remove(cli->setup.config.state, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_pack("{ss so}", "lifted", reason, "by", cli_json_string(cli->by)));
	if (!cli->quiet)
		printf("The stop is lifted. It was: %s\n", reason);
	return 0;
}
