#pragma once

#include <memory>

#include "io/engine_ports.h"
#include "io/system_clock.h"
#include "io/system_random.h"

namespace dbstow::app {

/// The operating system behind the ports.
struct SystemPorts {
  std::unique_ptr<io::FileSystem> files = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes = io::CreatePosixProcessRunner();
  std::unique_ptr<Clock> clock = io::CreateSystemClock();
  std::unique_ptr<Random> random = io::CreateSystemRandom();
  EnginePorts for_engines{*files, *processes};
};

}  // namespace dbstow::app
