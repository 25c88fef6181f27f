#pragma once
/* The main of a suite: runs one Check suite and says so in the exit code. */
#include <check.h>
#include <stdlib.h>

static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	int ran = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
