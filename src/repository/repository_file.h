#pragma once

#include <string>
#include <string_view>

#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"

namespace dbstow::repository {

/// repo.json: what a repository is before any key is known.
struct RepositoryFile {
  std::string id;  ///< 32 hex digits

  [[nodiscard]] static RepositoryFile Generate(Random& random);
  [[nodiscard]] std::string Encode() const;
  /// Errors: Corrupt; UnsupportedCapability for a later format or a feature that must be
  /// understood.
  [[nodiscard]] static Result<RepositoryFile> Decode(std::string_view text);
};

}  // namespace dbstow::repository
