#pragma once

#include <sys/types.h>

#include "io/descriptor.h"

namespace dbstow::io {

/// Owns a descriptor on which flock(2) is held. Children that were forked meanwhile have the
/// descriptor too: closing alone would leave them the lock, so it is ended first; and they must not
/// end what is their parent's, so there it is only closed.
class HeldFlock {
 public:
  explicit HeldFlock(int descriptor);
  ~HeldFlock();
  HeldFlock(const HeldFlock&) = delete;
  HeldFlock& operator=(const HeldFlock&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// False in a forked child of the process that took it.
  [[nodiscard]] bool IsOurs() const;

 private:
  Descriptor descriptor_;
  pid_t owner_;
};

}  // namespace dbstow::io
