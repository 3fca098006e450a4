#pragma once

#include "io/file_system.h"
#include "io/process_runner.h"

namespace dbstow {

/// The outside world as an engine gets it, handed to its `Register…` function. Must outlive every
/// instance created through the registry.
struct EnginePorts {
  io::FileSystem& files;
  io::ProcessRunner& processes;
};

}  // namespace dbstow
