#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::test {

/// A user of the operating system to run a program as.
struct OsUser {
  unsigned uid = 0;
  unsigned gid = 0;
};

struct ChildSpec {
  std::vector<std::string> arguments;    ///< the program's path first
  std::vector<std::string> environment;  ///< "NAME=value", added to ours
  std::string output_file;               ///< both are appended to
  std::string error_file;
  std::optional<OsUser> user;  ///< to become, when we are root
};

/// Runs a program to its end; its exit status, or 128 + the signal that killed it.
[[nodiscard]] Result<int> RunChild(const ChildSpec& spec);

/// A long-running program watched by a small process of ours: when `lifeline` is closed, however
/// that happens (also by kill -9 of this process), the program gets SIGQUIT and `cleanup_folder` is
/// removed.
struct WatchedChild {
  int supervisor = -1;
  int program = -1;
  int lifeline = -1;
};
[[nodiscard]] Result<WatchedChild> StartWatched(const ChildSpec& spec,
                                                const std::string& cleanup_folder);

/// The user `name`, or none when we are not root.
[[nodiscard]] Result<std::optional<OsUser>> UserToBecome(const std::string& name);

}  // namespace dbstow::test
