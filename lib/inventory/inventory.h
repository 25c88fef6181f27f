#pragma once
/* Devices and models as data: what is enrolled, and what a product line's profile says to
 * pull. Knows the text of a profile; refuses to know files and the store. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "visit/visit.h"

struct error;

enum {
	INVENTORY_WORD_MAX = 128,      /* bytes in names, departments, titles */
	INVENTORY_ASSET_MAX = 64,
	INVENTORY_SERIAL_MAX = 63,     /* as many as a visit can report */
	INVENTORY_PINS_MAX = 8,
	INVENTORY_SELECTORS_MAX = 256, /* of one profile */
	INVENTORY_PATTERNS_MAX = 16 * 1024, /* bytes of all of them, so that an order fits a packet */
};

enum inventory_state {
	INVENTORY_ACTIVE,
	INVENTORY_STORED,
	INVENTORY_MAINTENANCE,
	INVENTORY_RETIRED,
	INVENTORY_STATE_COUNT,
};

const char *inventory_state_name(enum inventory_state state); /* "active" … */
int inventory_state_parse(enum inventory_state *ret_state, const char *name);

/* An enrolled thing with files. Strings are owned; NULL where unknown. */
struct inventory_device {
	char *asset;	  /* the asset tag: its name everywhere */
	char *serial;	  /* as the maker gave it */
	char *mac;	  /* lower case with colons */
	char *model;	  /* a profile's name */
	char *name;	  /* a person's name for it */
	char *department;
	char *link;	  /* URL without a user or password */
	char *credential; /* the name of a credential, never the credential */
	char *pins;	  /* as in struct visit_order */
	enum inventory_state state;
	int64_t enrolled_at;
};

void inventory_device_clear(struct inventory_device *device);

/* Whether a word can be a device's asset tag: 1 to INVENTORY_ASSET_MAX printable ASCII
 * characters without spaces, slashes, quotes and "%", not beginning with "-" or ".". It stands
 * in file names, manifests, events and command lines. Returns 0 or -1 (ERROR_DATA). */
int inventory_asset_check(const char *asset, struct error *e);

/* Check every field's form (lengths, characters, MAC, URL, pins); asset, model and link must
 * be there. Returns 0, or -1 (ERROR_DATA) naming the field and what would be right. */
int inventory_device_check(const struct inventory_device *device, struct error *e);

/* Set one field by its name as `edit` and CSV columns have it: serial, mac, model, name,
 * department, link, credential, pin, state. Spaces around the value are dropped; an empty one
 * clears an optional field. A MAC is taken in every usual form. Returns 0, or -1 (ERROR_DATA)
 * for an unknown field or a value of the wrong form; the device is then as before. */
int inventory_device_set(struct inventory_device *device, const char *field, const char *value,
			 struct error *e);

/* A product line: the profile under models.d. */
struct inventory_model {
	char *name;	   /* the file's name without .ini: "hospira-plum-a-plus" */
	char *title;	   /* "Hospira Plum A+" */
	char *manufacturer;
	char *versions;	   /* prose: the affected versions by the advisory */
	struct visit_paths advisories;	 /* ids: "ICSA-15-161-01" */
	struct visit_paths closed_ports; /* "23/tcp Telnet": what a technician must find closed;
					  * never probed by us */
	struct visit_paths not_covered;	 /* parts of the device that no pull can reach */
	struct visit_selector *selectors;
	size_t selector_count;
	struct visit_identity identity; /* its serial is NULL here */
	enum visit_login login;
	bool active;
	bool legacy;
	bool example; /* the paths are an example to be filled in from service documents */
	struct visit_limits limits;
};

void inventory_model_clear(struct inventory_model *model);

/* Read a profile (conf/models.d, pumpwatch-model(5)). name is the file's, for messages and,
 * without folder and ".ini", the model's name. Returns 0 or -1 (ERROR_CONFIG). */
int inventory_model_parse(struct inventory_model *ret_model, const char *name, const char *bytes,
			  size_t length, struct error *e);

/* Whether two model names are the same without regard to case and punctuation; "+" reads as
 * "plus": "Plum A+3" is "plum-a-plus-3". */
bool inventory_model_same(const char *a, const char *b);

/* The profile that people mean: by its name, its title, or its maker (NULL: not said) and what
 * is left of the title, all as inventory_model_same() has it. NULL: none, or more than one. */
const struct inventory_model *inventory_model_find(const struct inventory_model *models, size_t count,
						   const char *maker, const char *words);
/* The one that is most like the words; NULL when none is. */
const struct inventory_model *inventory_model_near(const struct inventory_model *models, size_t count,
						   const char *words);

/* Whether the profile has a selector of this kind that is not left out. */
bool inventory_model_has_kind(const struct inventory_model *model, enum visit_kind kind);

/* Make the order for a visit: the device's link, pins and serial with the model's rules.
 * user is the credential's user name or NULL: where there is one it is the login, whatever the
 * profile says; where there is none, a profile that asks for one, and SFTP, are refused. The
 * serial is demanded where the profile says where it stands. Named files are the profile's literal patterns;
 * the caller adds those of the baselines. Returns 0 or -1 (ERROR_DATA, ERROR_INTERNAL). */
int inventory_order(struct visit_order *ret_order, const struct inventory_device *device,
		    const struct inventory_model *model, const char *user, struct error *e);
