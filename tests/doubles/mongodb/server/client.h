#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doubles/mongodb/auth/privileges.h"
#include "doubles/mongodb/auth/scram.h"

namespace dbstow::doubles::mongodb {

/// One connection's state. Used by the thread that serves it.
struct Client {
  std::int32_t connection_id = 0;
  std::optional<UserName> user;  ///< who logged in

  struct Login {
    std::int32_t conversation = 1;
    ScramServer scram;
    UserName user;
    bool final_sent = false;
    bool skip_empty_exchange = false;
  };
  std::optional<Login> login;  ///< in progress
};

}  // namespace dbstow::doubles::mongodb
