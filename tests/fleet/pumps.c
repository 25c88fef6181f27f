/* Simulated pumps for tests, benches and the demo: many FTP servers of the shape that was
 * published of one pump, in one process, on loopback only. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/number.h"
#include "base/time.h"

#include "fleet.h"

enum { PUMPS_MOST = 10000, LIFETIME = 3600, FILES_MOST = 1000 };

static const char usage[] =
	"Usage: pumps [OPTION…] [NAME=SIZE…]     serve pumps until SIGTERM\n"
	"       pumps --tell SOCKET \"COMMAND\"    change what they do\n"
	"NAME=SIZE are synthetic files instead of the published ones.\n"
	"  --pumps N            how many (1)\n"
	"  --address A          loopback address of the first (127.0.0.1)\n"
	"  --port P             port of the first (0: a free one for each)\n"
	"  --each-address       pump N has an address of its own, not a port\n"
	"  --content FOLDER     its files instead of the published ones\n"
	"  --content-each DIR   pump N has the files of DIR/N\n"
	"  --seed N             bytes of the synthetic files (1)\n"
	"  --login USER:PASS    ask for a login\n"
	"  --serial TEXT        %s stands for the number (SIM%s)\n"
	"  --greeting TEXT      %s stands for the serial\n"
	"  --listing SHAPE      odd, unix, dos or vxworks (odd)\n"
	"  --size               know SIZE and MDTM\n"
	"  --plain-pasv         answer PASV as most servers do\n"
	"  --ports FILE         write \"PUMP ADDRESS PORT SERIAL\" lines once all listen\n"
	"  --record FILE        write what each pump is sent\n"
	"  --control SOCKET     take commands there\n"
	"  --lifetime SECONDS   end by itself (3600)\n"
	"Commands:\n";

struct options {
	struct fleet_options fleet;
	char *login; /* "user\0password" once split */
	const char *ports;
	const char *record;
	const char *control;
	const char *tell;
	uint64_t lifetime;
};

enum option_letter {
	OPTION_PUMPS = 256,
	OPTION_ADDRESS,
	OPTION_PORT,
	OPTION_EACH_ADDRESS,
	OPTION_CONTENT,
	OPTION_CONTENT_EACH,
	OPTION_SEED,
	OPTION_LOGIN,
	OPTION_SERIAL,
	OPTION_GREETING,
	OPTION_LISTING,
	OPTION_SIZE,
	OPTION_PLAIN_PASV,
	OPTION_PORTS,
	OPTION_RECORD,
	OPTION_CONTROL,
	OPTION_LIFETIME,
	OPTION_TELL,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"pumps", required_argument, NULL, OPTION_PUMPS},
	{"address", required_argument, NULL, OPTION_ADDRESS},
	{"port", required_argument, NULL, OPTION_PORT},
	{"each-address", no_argument, NULL, OPTION_EACH_ADDRESS},
	{"content", required_argument, NULL, OPTION_CONTENT},
	{"content-each", required_argument, NULL, OPTION_CONTENT_EACH},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"login", required_argument, NULL, OPTION_LOGIN},
	{"serial", required_argument, NULL, OPTION_SERIAL},
	{"greeting", required_argument, NULL, OPTION_GREETING},
	{"listing", required_argument, NULL, OPTION_LISTING},
	{"size", no_argument, NULL, OPTION_SIZE},
	{"plain-pasv", no_argument, NULL, OPTION_PLAIN_PASV},
	{"ports", required_argument, NULL, OPTION_PORTS},
	{"record", required_argument, NULL, OPTION_RECORD},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"lifetime", required_argument, NULL, OPTION_LIFETIME},
	{"tell", required_argument, NULL, OPTION_TELL},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

static int set_number(uint64_t *ret_number, const char *text, uint64_t least, uint64_t most,
		      struct error *e)
{
	if (number_parse(ret_number, text, least, most) < 0)
		return error_set(e, ERROR_USAGE, "\"%s\" is no number from %llu to %llu", text,
				 (unsigned long long)least, (unsigned long long)most);
	return 0;
}

static int set_login(struct options *options, char *login, struct error *e)
{
	char *colon = strchr(login, ':');

	if (!colon)
		return error_set(e, ERROR_USAGE, "--login wants USER:PASSWORD");
	*colon = '\0';
	options->fleet.user = login;
	options->fleet.password = colon + 1;
	return 0;
}

static int set_option(struct options *options, int letter, char *value, struct error *e)
{
	struct fleet_options *fleet = &options->fleet;
	uint64_t number;

	switch (letter) {
	case OPTION_PUMPS:
		if (set_number(&number, value, 1, PUMPS_MOST, e) < 0)
			return -1;
		fleet->pumps = (unsigned)number;
		return 0;
	case OPTION_PORT:
		if (set_number(&number, value, 0, UINT16_MAX, e) < 0)
			return -1;
		fleet->port = (uint16_t)number;
		return 0;
	case OPTION_SEED:
		return set_number(&fleet->seed, value, 0, UINT64_MAX, e);
	case OPTION_LIFETIME:
		return set_number(&options->lifetime, value, 1, UINT32_MAX, e);
	case OPTION_LOGIN:
		return set_login(options, value, e);
	case OPTION_LISTING:
		if (pump_listing_parse(&fleet->listing, value) < 0)
			return error_set(e, ERROR_USAGE, "\"%s\" is no shape of a listing", value);
		return 0;
	case OPTION_ADDRESS:
		fleet->address = value;
		return 0;
	case OPTION_EACH_ADDRESS:
		fleet->each_address = true;
		return 0;
	case OPTION_CONTENT_EACH:
		fleet->content_each = true;
		fleet->content = value;
		return 0;
	case OPTION_CONTENT:
		fleet->content = value;
		return 0;
	case OPTION_SERIAL:
		fleet->serial = value;
		return 0;
	case OPTION_GREETING:
		fleet->greeting = value;
		return 0;
	case OPTION_SIZE:
		fleet->knows_size = true;
		return 0;
	case OPTION_PLAIN_PASV:
		fleet->plain_pasv = true;
		return 0;
	case OPTION_PORTS:
		options->ports = value;
		return 0;
	case OPTION_RECORD:
		options->record = value;
		return 0;
	case OPTION_CONTROL:
		options->control = value;
		return 0;
	case OPTION_TELL:
		options->tell = value;
		return 0;
	default:
		return error_set(e, ERROR_USAGE, "see --help");
	}
}

/* Room for each pump's listener and a session with its data connection. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* whoever needs more is told by listen */
	}
}

/* Written beside and renamed, so that whoever waits for it finds it whole. */
static int write_ports(const struct fleet *fleet, const char *path, struct error *e)
{
	CLEANUP(cleanup_free) char *beside = NULL;
	CLEANUP(cleanup_fclose) FILE *file = NULL;

	if (asprintf(&beside, "%s.new", path) < 0) {
		beside = NULL; /* asprintf leaves it undefined */
		return error_memory(e);
	}
	file = fopen(beside, "we");
	for (unsigned i = 0; file && i < fleet->options.pumps; i++) {
		const struct pump *pump = &fleet->pumps[i].pump;
		(void)fprintf(file, "%u %s %u %s\n", pump->number, pump->address, pump->port,
			      pump->serial); /* the flush tells */
	}
	if (!file || fflush(file) != 0 || rename(beside, path) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "%s: %s", path, strerror(errno));
	return 0;
}

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* these cannot fail with good arguments */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

struct stopper {
	struct watch watch;
	struct loop *loop;
};

static void on_signal(struct watch *watch, uint32_t events)
{
	(void)events; /* any signal means the same */
	((struct stopper *)(void *)watch)->loop->stopped = true;
}

static int serve(struct fleet *fleet, const struct options *options, struct error *e)
{
	struct stopper stopper = {.watch = {.fd = -1, .on_ready = on_signal}, .loop = &fleet->loop};
	CLEANUP(cleanup_close) int signals = open_signals();
	int64_t until = record_now() + (int64_t)options->lifetime * TIME_SECOND;

	if (signals < 0 || loop_add(&fleet->loop, &stopper.watch, signals, EPOLLIN) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "signals: %s", strerror(errno));
	signals = -1;
	if ((options->control && control_start(fleet, options->control, e) < 0) ||
	    (options->ports && write_ports(fleet, options->ports, e) < 0)) {
		loop_remove(&fleet->loop, &stopper.watch);
		return -1;
	}
	while (!fleet->loop.stopped && record_now() < until)
		fleet_turn(fleet, 1000);
	for (unsigned i = 0; i < fleet->options.pumps; i++) {
		char most[16];
		(void)snprintf(most, sizeof most, "%u", fleet->pumps[i].pump.most);
		record_add(&fleet->record, i + 1, "most", most);
	}
	loop_remove(&fleet->loop, &stopper.watch);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {
		.fleet = {.pumps = 1,
			  .address = "127.0.0.1",
			  .seed = 1,
			  .serial = "SIM%s",
			  .greeting = "simulated pump SN=%s FTP server ready."},
		.lifetime = LIFETIME,
	};
	struct fleet fleet = {.control.fd = -1, .record.fd = -1, .loop.epoll = -1};
	struct error e = {0};
	int letter;
	int r = 0;

	/* Whoever started the pumps takes them along when it dies. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	while (r == 0 && (letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (letter == OPTION_HELP) {
			(void)printf("%s%s", usage, control_usage); /* nobody is told if it fails */
			return EXIT_SUCCESS;
		}
		r = set_option(&options, letter, optarg, &e);
	}
	if (r == 0 && options.tell) {
		if (argc - optind == 1)
			return control_tell(options.tell, argv[optind]);
		r = error_set(&e, ERROR_USAGE, "--tell wants one command");
	}
	if (r == 0) {
		raise_descriptors();
		r = record_start(&fleet.record, options.record);
		if (r < 0)
			r = error_set(&e, ERROR_UNAVAILABLE, "%s: %s", options.record, strerror(-r));
	}
	if (r == 0)
		r = fleet_start(&fleet, &options.fleet, (const char *const *)(argv + optind), &e);
	if (r == 0)
		r = serve(&fleet, &options, &e);
	control_stop(&fleet);
	fleet_stop(&fleet);
	record_stop(&fleet.record);
	if (r < 0)
		(void)fprintf(stderr, "pumps: %s\n", e.text);
	return r < 0 ? (int)e.code : EXIT_SUCCESS;
}
