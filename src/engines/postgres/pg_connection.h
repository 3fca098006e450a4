#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dbstow/core/connection_info.h"
#include "dbstow/core/operation_context.h"
#include "dbstow/core/options.h"

namespace dbstow::postgres {

/// libpq keywords and values, never with a password.
using ConnectionParameters = std::vector<std::pair<std::string, std::string>>;

/// The properties a PostgreSQL connection understands.
[[nodiscard]] std::vector<OptionSpec> ConnectionProperties();

/// `dbstow <trace id>`: how sessions on the server are found from a log line and back.
[[nodiscard]] std::string ApplicationName(const OperationContext& context);

[[nodiscard]] ConnectionParameters ParametersOf(const ConnectionInfo& connection,
                                                const OperationContext& context);

/// The same as one string (`host='…' port='…'`), for the server's own programs.
[[nodiscard]] std::string ConninfoOf(const ConnectionParameters& parameters);

/// Whether the times that properties give make sense. Errors: InvalidOptions naming the property.
[[nodiscard]] Result<void> CheckLimits(const ConnectionInfo& connection);

/// Whether the files that properties name can be read: libpq takes a certificate or a list of
/// revocations that is not there for none. Errors: InvalidOptions naming property and file.
[[nodiscard]] Result<void> CheckFiles(const ConnectionInfo& connection);

/// Empty when the connection refers to no secret. Errors: InvalidOptions for an authentication that
/// this engine does not have; those of the resolver.
[[nodiscard]] Result<SecretString> ResolvePassword(const ConnectionInfo& connection,
                                                   const OperationContext& context);

/// One password file line that fits every connection.
[[nodiscard]] SecretString PasswordFile(const SecretString& password);

/// "database 'shop' at db.example:5432", for messages.
[[nodiscard]] std::string Describe(const ConnectionInfo& connection);

/// The same server, another database.
[[nodiscard]] ConnectionInfo WithDatabase(ConnectionInfo connection, std::string database);

/// With more settings that the session begins with (`-c name=value`), behind those that PGOPTIONS
/// asks for, which libpq would forget. Some poolers take none.
[[nodiscard]] ConnectionInfo WithServerOptions(ConnectionInfo connection,
                                               const std::string& options);

/// With event triggers off, those on login (17 and later) included; they can be turned off only
/// from 17 on, and by a superuser.
[[nodiscard]] ConnectionInfo WithoutEventTriggers(ConnectionInfo connection);

/// Where databases are created and dropped from: the property `maintenanceDatabase`, by default
/// `postgres`.
[[nodiscard]] ConnectionInfo MaintenanceConnection(const ConnectionInfo& connection);

}  // namespace dbstow::postgres
