/* Loaded before the C library, this shifts the time of day of a process and of all that it starts by
   SHIFT_SECONDS. Clocks that only measure stay as they are, because waits are counted on them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t shift(void) {
  static time_t seconds;
  static int known;
  if (!known) {
    const char *text = getenv("SHIFT_SECONDS");
    seconds = text ? atoll(text) : 0;
    known = 1;
  }
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*genuine)(clockid_t, struct timespec *);
  if (!genuine) genuine = dlsym(RTLD_NEXT, "clock_gettime");
  int failed = genuine(clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now) *now = precise.tv_sec;
  return precise.tv_sec;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict end) {
  static int (*genuine)(sem_t *, const struct timespec *);
  struct timespec kernel_end = {end->tv_sec - shift(), end->tv_nsec};
  if (!genuine) genuine = dlsym(RTLD_NEXT, "sem_timedwait");
  return genuine(semaphore, &kernel_end);
}
