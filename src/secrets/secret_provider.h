#pragma once

#include <cstddef>
#include <stop_token>
#include <string_view>

#include "dbstow/core/clock.h"
#include "dbstow/core/result.h"
#include "dbstow/core/secret.h"

namespace dbstow::secrets {

/// No password, key or token is longer; what is, is not what somebody meant to give.
inline constexpr std::size_t kMaxSecretBytes = 64 * 1024;

/// One kind of place that secrets are kept in. Thread-safe. Nothing that was read may appear in an
/// error, and nothing is kept between calls.
class SecretProvider {
 public:
  virtual ~SecretProvider() = default;
  /// `key` is what follows the colon of a reference. Never returns an empty secret.
  /// Errors: NotFound, PermissionDenied, AuthenticationFailed (the place refused),
  /// InvalidOptions (malformed key), Cancelled, Timeout.
  [[nodiscard]] virtual Result<SecretString> Fetch(std::string_view key, Deadline deadline,
                                                   std::stop_token stop) = 0;
};

}  // namespace dbstow::secrets
