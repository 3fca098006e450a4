#include "io/held_flock.h"

#include <sys/file.h>
#include <unistd.h>

namespace dbstow::io {

HeldFlock::HeldFlock(int descriptor) : descriptor_(descriptor), owner_(getpid()) {}

HeldFlock::~HeldFlock() {
  if (IsOurs()) flock(descriptor_.get(), LOCK_UN);
}

bool HeldFlock::IsOurs() const { return getpid() == owner_; }

}  // namespace dbstow::io
