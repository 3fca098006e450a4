#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/application.h"

namespace dbstow::app {

/// What one check found, and what to do about it.
struct Finding {
  enum class State { kOk, kWarn, kFail };
  State state = State::kOk;
  std::string check;
  std::string text;
  std::string next;                       ///< empty when there is nothing to do
  ErrorCode code = ErrorCode::kInternal;  ///< kFail
};
[[nodiscard]] std::string_view ToString(Finding::State state);
[[nodiscard]] Finding FindingOf(std::string check, const Error& error);

struct DoctorRequest {
  std::string instance;  ///< empty: all that are configured
  RepositoryAddress repository;
  Deadline deadline;
  std::stop_token stop;
};

/// Looks at everything that a backup or restore needs: state folder, audit log, clock, repository,
/// the promises of its store, free space, and each server with what its login may do. Writes
/// nothing but objects under `doctor/` in the repository and a file in the state folder, and
/// removes them. Blocks, at most about ten seconds for each server; after the deadline or a request
/// to stop, what is left is not looked at.
[[nodiscard]] std::vector<Finding> Examine(Application& application, const DoctorRequest& request);

/// Whether a store keeps the promises that the safety of backups rests on: of many writers of one
/// key one wins, what was put is listed, what was deleted is not. Success, or the broken promise.
[[nodiscard]] Result<void> CheckStorePromises(storage::ObjectStore& store, Random& random);

}  // namespace dbstow::app
