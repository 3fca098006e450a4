#include "doubles/snowflake/exec/session_statements.h"

#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/show.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

ResultSet Done() {
  ResultSet result = StatusResult("Statement executed successfully.");
  result.statement_type = "USE";
  result.statement_type_id = 0x4000;
  return result;
}

Result<ResultSet> UseDatabase(const Execution& execution, const std::string& name) {
  DBSTOW_ASSIGN(const Object* database, Names(execution).Database(name));
  execution.session.database = name;
  const bool has_public =
      execution.change.FindChild(ObjectKind::kSchema, database->id, "PUBLIC") != nullptr;
  execution.session.schema = has_public ? "PUBLIC" : "";
  return Done();
}

Result<ResultSet> UseSchema(const Execution& execution, const Name& name) {
  DBSTOW_ASSIGN(const Object* schema, Names(execution).Schema(name));
  execution.session.database = execution.change.Find(schema->container())->name();
  execution.session.schema = schema->name();
  return Done();
}

Result<ResultSet> UseRole(const Execution& execution, const std::string& name) {
  const Object* role = execution.change.FindChild(ObjectKind::kRole, kAccountId, name);
  const Object* user = execution.change.Find(execution.session.user);
  bool granted = false;
  if (role != nullptr && user != nullptr) {
    granted = role->name() == "PUBLIC";
    for (const Id each : std::get<PrincipalDetail>(user->detail).roles) {
      granted = granted || RolesWithin(execution.change, each).count(role->id) > 0;
    }
  }
  if (role == nullptr) {
    return CompilationError(codes::kDoesNotExist, "Role '" + QuoteIdentifier(name) +
                                                      "' does not exist or not authorized.");
  }
  if (!granted) {
    return SqlError(codes::kRoleNotGranted,
                    "SQL access control error:\nRequested role '" + name +
                        "' is not assigned to the executing user. Specify another "
                        "role to activate.");
  }
  execution.session.role = role->id;
  return Done();
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Result<ResultSet> ExecuteUse(const Execution& execution, const UseStatement& use) {
  switch (use.what) {
    case UseStatement::What::kDatabase: return UseDatabase(execution, use.name.last());
    case UseStatement::What::kSchema: return UseSchema(execution, use.name);
    case UseStatement::What::kRole: return UseRole(execution, use.name.last());
    case UseStatement::What::kWarehouse: {
      DBSTOW_ASSIGN(const Object* warehouse,
                    Names(execution).OfKind(ObjectKind::kWarehouse, use.name));
      execution.session.warehouse = warehouse->name();
      return Done();
    }
    case UseStatement::What::kSecondaryRoles:
      execution.session.secondary_roles = use.all;
      return Done();
    case UseStatement::What::kDatabaseOrSchema:
      return use.name.parts.size() > 1 ? UseSchema(execution, use.name)
                                       : UseDatabase(execution, use.name.last());
  }
  return Unsupported("USE");
}

const std::map<std::string, std::string>& DefaultParameters() {
  static const std::map<std::string, std::string> kDefaults = {
      {"AUTOCOMMIT", "true"},
      {"BINARY_OUTPUT_FORMAT", "HEX"},
      {"CLIENT_PREFETCH_THREADS", "4"},
      {"CLIENT_RESULT_CHUNK_SIZE", "160"},
      {"CLIENT_SESSION_KEEP_ALIVE", "false"},
      {"CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "3600"},
      {"CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "65280"},
      {"DATE_OUTPUT_FORMAT", "YYYY-MM-DD"},
      {"JSON_INDENT", "0"},
      {"MULTI_STATEMENT_COUNT", "1"},
      {"QUERY_TAG", ""},
      {"STATEMENT_TIMEOUT_IN_SECONDS", "172800"},
      {"TIMESTAMP_LTZ_OUTPUT_FORMAT", ""},
      {"TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3"},
      {"TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"},
      {"TIMESTAMP_TZ_OUTPUT_FORMAT", ""},
      {"TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ"},
      {"TIME_OUTPUT_FORMAT", "HH24:MI:SS"},
      {"TIMEZONE", "UTC"},
      {"USE_CACHED_RESULT", "true"},
      {"JS_TREAT_INTEGER_AS_BIGINT", "false"},
      {"CLIENT_REQUEST_MFA_TOKEN", "false"},
      {"CLIENT_STORE_TEMPORARY_CREDENTIAL", "false"},
      {"GCS_USE_DOWNSCOPED_CREDENTIAL", "false"},
      {"ABORT_DETACHED_QUERY", "false"},
      {"ERROR_ON_NONDETERMINISTIC_UPDATE", "false"},
      {"LOCK_TIMEOUT", "43200"},
      {"C_API_QUERY_RESULT_FORMAT", "JSON"},
  };
  return kDefaults;
}

Result<void> SetSessionParameter(Session& session, const std::string& key,
                                 const std::string& value) {
  if (DefaultParameters().count(key) == 0) {
    return CompilationError(codes::kInvalidProperty, "invalid parameter '" + key + "'");
  }
  const bool wants_number = key == "STATEMENT_TIMEOUT_IN_SECONDS" || key == "MULTI_STATEMENT_COUNT";
  if (wants_number && !IsNumber(value)) {
    return CompilationError(codes::kInvalidValue,
                            "invalid value [" + value + "] for parameter '" + key + "'");
  }
  if (key == "TIMEZONE" && value != "UTC" && value != "Etc/UTC")
    return Unsupported("TIMEZONE " + value);
  if (key == "AUTOCOMMIT" && value != "true" && value != "TRUE")
    return Unsupported("AUTOCOMMIT = FALSE");
  if (key == "QUERY_TAG" && value.size() > 2000) {
    return CompilationError(codes::kInvalidValue, "invalid value for parameter 'QUERY_TAG'");
  }
  session.parameters[key] = value;
  return {};
}

Result<ResultSet> ExecuteAlterSession(const Execution& execution,
                                      const AlterSessionStatement& alter) {
  for (const Property& property : alter.set) {
    DBSTOW_TRY(SetSessionParameter(execution.session, property.key, property.text));
  }
  for (const std::string& key : alter.unset) {
    if (DefaultParameters().count(key) == 0) {
      return CompilationError(codes::kInvalidProperty, "invalid parameter '" + key + "'");
    }
    execution.session.parameters.erase(key);
  }
  ResultSet result = Done();
  result.statement_type = "ALTER_SESSION";
  return result;
}

Result<ResultSet> ShowParameters(const Execution& execution, const ShowStatement& show) {
  const CatalogView& view = execution.change;
  ResultSet result = ShowResult({"key", "value", "default", "level", "description", "type"});
  const auto add = [&](const std::string& key, const std::string& value,
                       const std::string& fallback, const std::string& level,
                       const std::string& type) {
    if (show.like && !MatchesLikeAnyCase(key, *show.like)) return;
    result.rows.push_back({key, value, fallback, level, "", type});
  };
  if (show.scope.empty() || show.scope == "SESSION") {
    for (const auto& [key, fallback] : DefaultParameters()) {
      const auto set = execution.session.parameters.find(key);
      const bool is_set = set != execution.session.parameters.end();
      add(key, is_set ? set->second : fallback, fallback, is_set ? "SESSION" : "", "STRING");
    }
    return result;
  }
  const Object* object = &view.account();
  for (const ObjectKind kind : {ObjectKind::kDatabase, ObjectKind::kSchema, ObjectKind::kTable}) {
    if (show.scope != ToString(kind)) continue;
    if (show.scope_name.empty())
      return Unsupported("SHOW PARAMETERS IN " + show.scope + " without a name");
    DBSTOW_ASSIGN(object, Names(execution).OfKind(kind, show.scope_name));
  }
  std::string level;
  for (const Object* at = object; at != nullptr && level.empty(); at = view.Find(at->container())) {
    if (at->retention) level = ToString(at->kind);
  }
  add("DATA_RETENTION_TIME_IN_DAYS", std::to_string(view.RetentionDays(*object)), "1", level,
      "NUMBER");
  if (object->kind == ObjectKind::kAccount) {
    const std::string least = object->Option("MIN_DATA_RETENTION_TIME_IN_DAYS", "0");
    add("MIN_DATA_RETENTION_TIME_IN_DAYS", least, "0", least == "0" ? "" : "ACCOUNT", "NUMBER");
  }
  return result;
}

}  // namespace dbstow::doubles::snowflake
