#pragma once

#include <cstdint>

#include "io/hash.h"
#include "repository/ids.h"

namespace dbstow::repository {

/// All that is needed to find, check and open a pack; manifests list these.
struct PackEntry {
  PackId id;
  SessionId session;  ///< who wrote it; its folder
  std::uint32_t epoch = 0;
  std::uint64_t size = 0;
  io::Sha256Digest digest{};  ///< of the whole object; its name
  friend bool operator==(const PackEntry&, const PackEntry&) = default;
};

}  // namespace dbstow::repository
