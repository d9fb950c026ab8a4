/*
 * Lets Debian's C++ library, which expects glibc, load beside musl, so that the musl builds can be tried without Alpine.
 * Only for tests; no package contains it. Code that really needs one of these (destructors of threads) does not work.
 */
#include <stddef.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;
struct { unsigned vendor, type, subtype, features[1]; } __cpu_model;

int __cpu_indicator_init(void) { return 0; }
int _dl_find_object(void *address, void *result) { return -1; }
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library) { return 0; }

unsigned arc4random(void) {
  unsigned number = 0;
  getrandom(&number, sizeof number, 0);
  return number;
}

size_t __strftime_l(char *text, size_t most, const char *format, const struct tm *time, void *locale) {
  return strftime(text, most, format, time);
}
