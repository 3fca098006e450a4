#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "doubles/sqlserver/exec/session.h"
#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// Functions that answer from the session, the server or a database: DB_ID, SERVERPROPERTY,
/// HAS_PERMS_BY_NAME … Nothing for any other function.
[[nodiscard]] SqlResult<std::optional<Value>> SessionFunction(const Instance& instance,
                                                              const Session& session,
                                                              std::string_view name,
                                                              const std::vector<Value>& arguments);

/// "ONLINE", "RESTORING", "OFFLINE".
[[nodiscard]] std::string_view StateName(const Database& database);
[[nodiscard]] std::string_view AccessName(const Database& database);

/// Errors: 927, 942, 945 for a database that nobody can use now.
[[nodiscard]] SqlResult<void> CheckOpen(const Database& database);
/// As sys.databases has it.
[[nodiscard]] int StateNumber(const Database& database);

}  // namespace dbstow::doubles::sqlserver
