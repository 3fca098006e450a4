#include "io/system_random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace dbstow::io {
namespace {

class SystemRandom final : public Random {
 public:
  void Fill(MutableByteView out) override {
    while (!out.empty()) {
      const ssize_t got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno != EINTR) std::abort();
      if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

std::unique_ptr<Random> CreateSystemRandom() { return std::make_unique<SystemRandom>(); }

}  // namespace dbstow::io
