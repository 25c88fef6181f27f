#include "base/escape.h"
#include "clean_line.h"

bool line_is_clean(const char *bytes, size_t length)
{
	for (size_t i = 0, step; i < length; i += step) {
		unsigned point = 0;
		step = escape_utf8_length(bytes + i, length - i, &point);
		if (step == 0 || point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 ||
		    point == 0x2029 || point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
		    (point >= 0x2066 && point <= 0x2069))
			return false;
	}
	return length > 0 && length <= 4000;
}
