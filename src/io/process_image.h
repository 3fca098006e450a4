#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/descriptor.h"
#include "io/process_runner.h"

namespace dbstow::io {

/// Everything that the child needs, made before the fork: afterwards only async-signal-safe calls
/// are allowed.
struct ProcessImage {
  std::string path;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::vector<Descriptor> secrets;
  std::vector<char*> argv;
  std::vector<char*> envp;
};

/// `withheld` are variables of this process's environment that the child is not to have. Errors:
/// NotFound for a program that is not there, IOError.
Result<ProcessImage> MakeProcessImage(const Command& command,
                                      const std::set<std::string>& withheld);

/// A host may have closed its standard streams. What is opened then takes their places, and would
/// be overwritten when the child gets its own: this moves it. Not open when that failed (errno).
Descriptor AboveTheStandardStreams(Descriptor descriptor);

/// What errno says about `doing` something to, for or from `program`.
Error ProcessError(std::string_view doing, std::string_view program);

}  // namespace dbstow::io
