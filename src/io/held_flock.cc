#include "io/held_flock.h"

#include <sys/file.h>
#include <unistd.h>

namespace dbstow::io {

HeldFlock::HeldFlock(int descriptor) : descriptor_(descriptor), owner_(getpid()) {}

HeldFlock::~HeldFlock() {
  if (IsOurs()) flock(descriptor_, LOCK_UN);
  close(descriptor_);
}

bool HeldFlock::IsOurs() const { return getpid() == owner_; }

}  // namespace dbstow::io
