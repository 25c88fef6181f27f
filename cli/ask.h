#pragma once
/* Questions to a person at a terminal, and an orderly end by Ctrl-C where a verb waits. Questions
 * stand on standard error, so that the answer of the verb stays alone. */
#include "cli/cli.h"

/* Whether somebody is there to answer: standard input and standard error are a terminal. */
bool cli_can_ask(void);

enum { CLI_ANSWER_SIZE = 1024 };

/* Ask and read one line, without the spaces around it. Returns 1, or 0 at the end of the input, on
 * Ctrl-C and SIGTERM. */
int cli_ask(const char *question, char ret_answer[static CLI_ANSWER_SIZE]);

/* Ask until yes or no is said in some form. Returns 1 for yes, 0 for no, -1 for an end as above. */
int cli_ask_yes(const char *question);

/* Ctrl-C and SIGTERM wait; whether one does; and from now on the next ends the program at once. */
void cli_block_signals(void);
bool cli_signal_came(void);
void cli_let_signals_end(void);

/* After cli_open_pool(): Ctrl-C and SIGTERM end its loop, and set *ret_interrupted, which is lent. The
 * second ends the program at once. */
int cli_end_on_signals(struct cli *cli, bool *ret_interrupted, struct error *e);
