#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "cli/ask.h"

bool cli_can_ask(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* That it comes ends the wait. */
static void on_interrupt(int number)
{
	(void)number;
}

static void print_question(const char *question)
{
	(void)fflush(stdout); /* in order */
	fprintf(stderr, "%s ", question);
	(void)fflush(stderr);
}

/* Put the question and wait for a line, with SIGINT and SIGTERM let in during the wait alone, so that
 * none that comes once the question is seen is lost, or ends us without a word. Returns whether
 * there is a line. */
static bool wait_for_line(const char *question)
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct sigaction interrupt, termination;
	sigset_t ours, before, during;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	/* None of these can fail with these arguments. */
	(void)sigprocmask(SIG_BLOCK, &ours, &before);
	(void)sigaction(SIGINT, &action, &interrupt);
	(void)sigaction(SIGTERM, &action, &termination);
	print_question(question);
	during = before;
	sigdelset(&during, SIGINT);
	sigdelset(&during, SIGTERM);
	int r = ppoll(&input, 1, NULL, &during);
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGTERM, &termination, NULL);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r > 0;
}

/* A terminal gives a line at a time. */
static int read_line(char ret_answer[static CLI_ANSWER_SIZE])
{
	ssize_t length = read(STDIN_FILENO, ret_answer, CLI_ANSWER_SIZE - 1);

	if (length <= 0)
		return 0;
	ret_answer[length] = '\0';
	ret_answer[strcspn(ret_answer, "\n")] = '\0';
	size_t start = strspn(ret_answer, " \t");
	size_t end = strlen(ret_answer);
	while (end > start && strchr(" \t\r", ret_answer[end - 1]))
		end--;
	memmove(ret_answer, ret_answer + start, end - start);
	ret_answer[end - start] = '\0';
	return 1;
}

int cli_ask(const char *question, char ret_answer[static CLI_ANSWER_SIZE])
{
	int r = wait_for_line(question) ? read_line(ret_answer) : 0;
	if (r == 0)
		fputc('\n', stderr);
	return r;
}

int cli_ask_yes(const char *question)
{
	static const char *const yes[] = {"yes", "y"}, *const no[] = {"no", "n"};
	char answer[CLI_ANSWER_SIZE];

	while (cli_ask(question, answer) > 0) {
		for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
			if (strcasecmp(answer, yes[i]) == 0)
				return 1;
			if (strcasecmp(answer, no[i]) == 0)
				return 0;
		}
		fputs("Please answer yes or no.\n", stderr);
	}
	return -1;
}

static void choose_signals(int how)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	(void)sigprocmask(how, &signals, NULL); /* cannot fail with these arguments */
}

void cli_block_signals(void)
{
	choose_signals(SIG_BLOCK);
}

void cli_let_signals_end(void)
{
	choose_signals(SIG_UNBLOCK);
}

bool cli_signal_came(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	bool *interrupted = userdata;

	(void)info;
	*interrupted = true;
	cli_let_signals_end();
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

int cli_end_on_signals(struct cli *cli, bool *ret_interrupted, struct error *e)
{
	static const int signals[] = {SIGINT, SIGTERM};

	cli_block_signals();
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sd_event_add_signal(cli->event, NULL, signals[i], on_signal, ret_interrupted) < 0)
			return error_set(e, ERROR_INTERNAL, "the event loop took no signal");
	return 0;
}
