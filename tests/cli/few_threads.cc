// Preloaded into the program: it is given $FEW_THREADS threads, and no more.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*work)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto next = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  static std::atomic<int> left = std::atoi(std::getenv("FEW_THREADS"));
  if (left.fetch_sub(1) <= 0) return EAGAIN;
  return next(thread, attributes, work, argument);
}
