#pragma once

#include <memory>

#include "dbstow/core/clock.h"
#include "repository/keyring.h"
#include "repository/tuning.h"
#include "storage/object_store.h"

namespace dbstow::repository {

/// The outside world of a repository; must outlive it.
struct RepositoryPorts {
  storage::ObjectStore& store;
  Clock& clock;
  Random& random;
};

/// What every part of an open repository works with. A value; copies share the keyring.
struct Environment {
  RepositoryPorts ports;
  RepositoryTuning tuning;
  std::shared_ptr<const Keyring> keyring;
};

}  // namespace dbstow::repository
