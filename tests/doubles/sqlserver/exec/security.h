#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doubles/sqlserver/model/instance.h"

namespace dbstow::doubles::sqlserver {

/// Who may do what. A sysadmin may do everything; DENY wins over GRANT. Under the instance's lock.
class Security {
 public:
  explicit Security(const Instance& instance) : instance_(instance) {}

  [[nodiscard]] bool IsServerMember(const std::string& login, std::string_view role) const;
  [[nodiscard]] bool IsSysadmin(const std::string& login) const {
    return IsServerMember(login, "sysadmin");
  }
  /// By grants and by the fixed server roles.
  [[nodiscard]] bool HasServer(const std::string& login, std::string_view permission) const;

  /// The user that the login is in the database; nothing when it may not enter.
  [[nodiscard]] std::optional<std::string> UserIn(const std::string& login,
                                                  const Database& database) const;
  [[nodiscard]] bool IsMember(const std::string& login, const Database& database,
                              std::string_view role) const;
  /// RESTRICTED_USER is for owners, dbcreator and sysadmin.
  [[nodiscard]] bool MayEnterRestricted(const std::string& login, const Database& database) const {
    return IsMember(login, database, "db_owner") || IsServerMember(login, "dbcreator");
  }
  /// `object` empty asks for the whole database.
  [[nodiscard]] bool HasDatabase(const std::string& login, const Database& database,
                                 std::string_view permission, std::string_view object = {}) const;

 private:
  const Instance& instance_;
};

[[nodiscard]] bool IsServerRole(std::string_view role);
[[nodiscard]] bool IsDatabaseRole(std::string_view role);

}  // namespace dbstow::doubles::sqlserver
