#include "doubles/snowflake/exec/show.h"

#include <algorithm>

#include <array>

#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr size_t kMostRows = 10000;

struct Listing {
  std::string_view what;
  ObjectKind kind;
};
constexpr std::array<Listing, 10> kListings = {{{"DATABASES", ObjectKind::kDatabase},
                                                {"SCHEMAS", ObjectKind::kSchema},
                                                {"TABLES", ObjectKind::kTable},
                                                {"VIEWS", ObjectKind::kView},
                                                {"SEQUENCES", ObjectKind::kSequence},
                                                {"STAGES", ObjectKind::kStage},
                                                {"FILE FORMATS", ObjectKind::kFileFormat},
                                                {"WAREHOUSES", ObjectKind::kWarehouse},
                                                {"ROLES", ObjectKind::kRole},
                                                {"USERS", ObjectKind::kUser}}};

class Shower {
 public:
  Shower(const Execution& execution, const ShowStatement& show)
      : execution_(execution), view_(execution.change), show_(show), access_(execution.access()) {}

  Result<ResultSet> Run() {
    if (show_.what == "COLUMNS") return Columns();
    if (show_.what == "OBJECTS") return Objects();
    for (const Listing& listing : kListings) {
      if (listing.what != show_.what) continue;
      if (show_.history && listing.kind != ObjectKind::kDatabase &&
          listing.kind != ObjectKind::kSchema && listing.kind != ObjectKind::kTable) {
        return CompilationError(codes::kSyntax, "syntax error unexpected 'HISTORY'.");
      }
      DBSTOW_ASSIGN(const auto objects, Select({listing.kind}));
      ResultSet result = ColumnsOf(listing.kind);
      for (const Object* object : objects) result.rows.push_back(RowOf(*object));
      return result;
    }
    return Unsupported("SHOW " + show_.what);
  }

 private:
  // Which containers are asked for: none means the whole account.
  Result<std::optional<std::vector<Id>>> ScopeContainers(bool of_schemas) {
    const Names names(execution_);
    const auto of_database = [&](const Object& database) {
      std::vector<Id> ids = {database.id};
      if (of_schemas) return std::optional(ids);
      ids.clear();
      for (const auto& [id, object] : view_.objects()) {
        if (object->kind == ObjectKind::kSchema && object->container() == database.id)
          ids.push_back(id);
      }
      return std::optional(ids);
    };
    if (show_.preposition.empty()) {
      const Object* database =
          view_.FindChild(ObjectKind::kDatabase, kAccountId, execution_.session.database);
      if (database == nullptr) return std::optional<std::vector<Id>>();
      const Object* schema =
          view_.FindChild(ObjectKind::kSchema, database->id, execution_.session.schema);
      if (of_schemas || schema == nullptr) return of_database(*database);
      return std::optional(std::vector<Id>{schema->id});
    }
    if (show_.scope == "ACCOUNT") return std::optional<std::vector<Id>>();
    if (show_.scope == "DATABASE" || (of_schemas && show_.scope.empty())) {
      const Object* database = nullptr;
      if (show_.scope_name.empty()) {
        DBSTOW_ASSIGN(database, names.CurrentDatabase());
      } else {
        DBSTOW_ASSIGN(database, names.Database(show_.scope_name.last()));
      }
      return of_database(*database);
    }
    if (of_schemas)
      return CompilationError(codes::kSyntax, "syntax error unexpected '" + show_.scope + "'.");
    const Object* schema = nullptr;
    if (show_.scope_name.empty()) {
      DBSTOW_ASSIGN(schema, names.CurrentSchema());
    } else {
      DBSTOW_ASSIGN(schema, names.Schema(show_.scope_name));
    }
    return std::optional(std::vector<Id>{schema->id});
  }

  bool IsAsked(const Object& object) const {
    if (show_.like && !MatchesLikeAnyCase(object.name(), *show_.like)) return false;
    if (show_.starts_with && !object.name().starts_with(*show_.starts_with)) return false;
    if (show_.from && object.name() <= *show_.from) return false;
    if (!object.session.empty() && object.session != execution_.session.id) return false;
    if (!object.live())
      return show_.history && view_.CanUndrop(object, execution_.now()) && access_.HasAny(object);
    const bool principal = object.kind == ObjectKind::kRole || object.kind == ObjectKind::kUser;
    return principal || access_.HasAny(object);
  }

  // Objects of a dropped container are listed only with the account's whole history.
  bool ContainerIsLive(const Object& object) const {
    const Object* container = view_.Find(object.container());
    return container == nullptr || container->kind == ObjectKind::kAccount ||
           (container->live() && ContainerIsLive(*container));
  }

  Result<std::vector<const Object*>> Select(std::initializer_list<ObjectKind> kinds) {
    const ObjectKind first = *kinds.begin();
    const bool in_account = first == ObjectKind::kDatabase || first == ObjectKind::kWarehouse ||
                            first == ObjectKind::kRole || first == ObjectKind::kUser;
    std::optional<std::vector<Id>> containers;
    if (!in_account) {
      DBSTOW_ASSIGN(containers, ScopeContainers(first == ObjectKind::kSchema));
    }
    std::vector<const Object*> found;
    for (const auto& [id, object] : view_.objects()) {
      if (std::find(kinds.begin(), kinds.end(), object->kind) == kinds.end() || !IsAsked(*object))
        continue;
      if (containers && std::find(containers->begin(), containers->end(), object->container()) ==
                            containers->end()) {
        continue;
      }
      if (!ContainerIsLive(*object)) continue;
      found.push_back(object.get());
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Object* a, const Object* b) { return a->name() < b->name(); });
    const size_t most = show_.limit ? static_cast<size_t>(*show_.limit) : kMostRows;
    if (found.size() > std::min(most, kMostRows)) found.resize(std::min(most, kMostRows));
    return found;
  }

  ResultSet ColumnsOf(ObjectKind kind) const {
    switch (kind) {
      case ObjectKind::kDatabase:
        return ShowResult({"ltz:created_on", "name", "is_default", "is_current", "origin", "owner",
                           "comment", "options", "retention_time", "kind", "owner_role_type",
                           "ltz:dropped_on"});
      case ObjectKind::kSchema:
        return ShowResult({"ltz:created_on", "name", "is_default", "is_current", "database_name",
                           "owner", "comment", "options", "retention_time", "owner_role_type",
                           "ltz:dropped_on"});
      case ObjectKind::kTable:
        return ShowResult({"ltz:created_on", "name", "database_name", "schema_name", "kind",
                           "comment", "cluster_by", "number:rows", "number:bytes", "owner",
                           "retention_time", "ltz:dropped_on", "owner_role_type"});
      case ObjectKind::kView:
        return ShowResult({"ltz:created_on", "name", "reserved", "database_name", "schema_name",
                           "owner", "comment", "text", "is_secure", "is_materialized",
                           "owner_role_type"});
      case ObjectKind::kSequence:
        return ShowResult({"name", "database_name", "schema_name", "number:next_value",
                           "number:interval", "ltz:created_on", "owner", "comment",
                           "owner_role_type", "ordered"});
      case ObjectKind::kStage:
        return ShowResult({"ltz:created_on", "name", "database_name", "schema_name", "url",
                           "has_credentials", "has_encryption_key", "owner", "comment", "region",
                           "type", "cloud", "owner_role_type"});
      case ObjectKind::kFileFormat:
        return ShowResult({"ltz:created_on", "name", "database_name", "schema_name", "type",
                           "owner", "comment", "owner_role_type"});
      case ObjectKind::kWarehouse:
        return ShowResult({"name", "state", "type", "size", "is_default", "is_current",
                           "auto_suspend", "auto_resume", "ltz:created_on", "owner", "comment",
                           "owner_role_type"});
      case ObjectKind::kUser:
        return ShowResult({"name", "ltz:created_on", "login_name", "disabled", "default_warehouse",
                           "default_namespace", "default_role", "owner", "comment", "type",
                           "has_password", "has_rsa_public_key"});
      default:
        return ShowResult(
            {"ltz:created_on", "name", "is_default", "is_current", "owner", "comment"});
    }
  }

  [[nodiscard]] std::string Owner(const Object& object) const {
    const Object* role = view_.Find(object.owner);
    return role == nullptr ? "" : role->name();
  }
  [[nodiscard]] std::string ParentName(const Object& object, int levels) const {
    const Object* at = &object;
    for (int level = 0; level < levels && at != nullptr; ++level) at = view_.Find(at->container());
    return at == nullptr ? "" : at->name();
  }
  [[nodiscard]] Value DroppedOn(const Object& object) const {
    return object.live() ? Value(Null{}) : LtzValue(object.dropped);
  }
  [[nodiscard]] std::string Retention(const Object& object) const {
    return std::to_string(object.live() ? view_.RetentionDays(object) : object.retention_at_drop);
  }
  static std::string YesNo(bool yes) { return yes ? "Y" : "N"; }

  [[nodiscard]] Row RowOf(const Object& object) const {
    const Session& session = execution_.session;
    const std::string& name = object.name();
    const std::string options =
        object.transient ? "TRANSIENT" : (object.managed_access ? "MANAGED ACCESS" : "");
    switch (object.kind) {
      case ObjectKind::kDatabase:
        return {LtzValue(object.created),
                name,
                "N",
                YesNo(session.database == name),
                "",
                Owner(object),
                object.comment,
                options,
                Retention(object),
                "STANDARD",
                "ROLE",
                DroppedOn(object)};
      case ObjectKind::kSchema:
        return {LtzValue(object.created),
                name,
                "N",
                YesNo(session.schema == name),
                ParentName(object, 1),
                Owner(object),
                object.comment,
                options,
                Retention(object),
                "ROLE",
                DroppedOn(object)};
      case ObjectKind::kTable: return TableRow(object);
      case ObjectKind::kView:
        return {LtzValue(object.created),
                name,
                "",
                ParentName(object, 2),
                ParentName(object, 1),
                Owner(object),
                object.comment,
                "CREATE VIEW " + QuoteIdentifier(name) + " AS " +
                    std::get<ViewDetail>(object.detail).query,
                "false",
                "false",
                "ROLE"};
      case ObjectKind::kSequence: {
        const auto& detail = std::get<SequenceDetail>(object.detail);
        return {name,
                ParentName(object, 2),
                ParentName(object, 1),
                Integer(detail.next),
                Integer(detail.step),
                LtzValue(object.created),
                Owner(object),
                object.comment,
                "ROLE",
                "N"};
      }
      case ObjectKind::kStage:
        return {LtzValue(object.created),
                name,
                ParentName(object, 2),
                ParentName(object, 1),
                "",
                "N",
                "N",
                Owner(object),
                object.comment,
                Null{},
                "INTERNAL",
                Null{},
                "ROLE"};
      case ObjectKind::kFileFormat:
        return {LtzValue(object.created),
                name,
                ParentName(object, 2),
                ParentName(object, 1),
                object.Option("TYPE", "CSV"),
                Owner(object),
                object.comment,
                "ROLE"};
      case ObjectKind::kWarehouse:
        return {name,
                object.Option("STATE", "STARTED"),
                "STANDARD",
                object.Option("WAREHOUSE_SIZE", "X-Small"),
                "N",
                YesNo(session.warehouse == name),
                object.Option("AUTO_SUSPEND", "600"),
                object.Option("AUTO_RESUME", "true"),
                LtzValue(object.created),
                Owner(object),
                object.comment,
                "ROLE"};
      case ObjectKind::kUser:
        return {name,
                LtzValue(object.created),
                object.Option("LOGIN_NAME", name),
                object.Option("DISABLED", "false"),
                object.Option("DEFAULT_WAREHOUSE"),
                object.Option("DEFAULT_NAMESPACE"),
                object.Option("DEFAULT_ROLE"),
                Owner(object),
                object.comment,
                object.Option("TYPE"),
                object.Option("PASSWORD").empty() ? "false" : "true",
                object.Option("RSA_PUBLIC_KEY").empty() ? "false" : "true"};
      default:
        return {LtzValue(object.created),         name,          "N",
                YesNo(object.id == session.role), Owner(object), object.comment};
    }
  }

  [[nodiscard]] Row TableRow(const Object& object) const {
    int64_t rows = 0;
    for (const Membership& membership : object.table()->memberships) {
      if (membership.to == kForever) {
        rows += static_cast<int64_t>(view_.FindPartition(membership.partition)->rows.size());
      }
    }
    const char* kind =
        !object.session.empty() ? "TEMPORARY" : (view_.IsTransient(object) ? "TRANSIENT" : "TABLE");
    return {LtzValue(object.created),
            object.name(),
            ParentName(object, 2),
            ParentName(object, 1),
            kind,
            object.comment,
            "",
            Integer(rows),
            Integer(rows * 64),
            Owner(object),
            Retention(object),
            DroppedOn(object),
            "ROLE"};
  }

  Result<ResultSet> Objects() {
    DBSTOW_ASSIGN(const auto objects, Select({ObjectKind::kTable, ObjectKind::kView}));
    ResultSet result = ShowResult({"ltz:created_on", "name", "database_name", "schema_name", "kind",
                                   "comment", "owner", "retention_time"});
    for (const Object* object : objects) {
      result.rows.push_back(
          {LtzValue(object->created), object->name(), ParentName(*object, 2),
           ParentName(*object, 1), ToString(object->kind), object->comment, Owner(*object),
           object->kind == ObjectKind::kTable ? Value(Retention(*object)) : Value(Null{})});
    }
    return result;
  }

  Result<ResultSet> Columns() {
    if (show_.scope != "TABLE" && !show_.scope.empty())
      return Unsupported("SHOW COLUMNS IN " + show_.scope);
    if (show_.scope_name.empty()) return Unsupported("SHOW COLUMNS without a table");
    DBSTOW_ASSIGN(const Object* table, Names(execution_).Relation(show_.scope_name));
    if (table->kind != ObjectKind::kTable) return Unsupported("SHOW COLUMNS of a view");
    ResultSet result =
        ShowResult({"table_name", "schema_name", "column_name", "data_type", "null?", "default",
                    "kind", "expression", "comment", "database_name", "autoincrement"});
    for (const Column& column : table->table()->columns) {
      if (show_.like && !MatchesLikeAnyCase(column.name, *show_.like)) continue;
      result.rows.push_back({table->name(), ParentName(*table, 1), column.name,
                             "{\"type\":\"" + WireName(column.type.kind) +
                                 "\",\"nullable\":" + (column.not_null ? "false" : "true") + "}",
                             column.not_null ? "NOT_NULL" : "true", column.default_text, "COLUMN",
                             "", column.comment, ParentName(*table, 2), ""});
    }
    return result;
  }

  const Execution& execution_;
  const CatalogView& view_;
  const ShowStatement& show_;
  const Access access_;
};

}  // namespace

ResultSet ShowResult(std::initializer_list<std::string_view> columns) {
  ResultSet result;
  result.statement_type = "SHOW";
  for (const std::string_view column : columns) {
    const size_t colon = column.find(':');
    const std::string_view type = colon == std::string_view::npos ? "" : column.substr(0, colon);
    const std::string name(colon == std::string_view::npos ? column : column.substr(colon + 1));
    DataType kind{TypeKind::kText};
    if (type == "ltz") kind = DataType{TypeKind::kTimestampLtz};
    if (type == "number") kind = DataType{TypeKind::kNumber};
    result.columns.push_back(ResultColumn{name, kind});
  }
  return result;
}

Value LtzValue(Nanos time) { return MomentFromNanos(TypeKind::kTimestampLtz, time); }

Result<ResultSet> ExecuteShow(const Execution& execution, const ShowStatement& show) {
  if (show.what == "GRANTS") return ShowGrants(execution, show);
  if (show.what == "FUTURE GRANTS") return ShowFutureGrants(execution, show);
  if (show.what == "PARAMETERS") return ShowParameters(execution, show);
  return Shower(execution, show).Run();
}

Result<ResultSet> ExecuteDescribe(const Execution& execution, const DescribeStatement& describe) {
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* object, names.OfKind(describe.kind, describe.name));
  ResultSet result = ShowResult({"name", "type", "kind", "null?", "default", "primary key",
                                 "unique key", "check", "expression", "comment", "policy name"});
  result.statement_type = "DESCRIBE";
  if (describe.kind == ObjectKind::kView) {
    TableReference view;
    view.name = execution.change.QualifiedName(*object);
    DBSTOW_ASSIGN(const Source source, OpenSource(execution, view));
    for (const ScopeColumn& column : source.scope.columns) {
      result.rows.push_back({column.name, ToString(column.type), "COLUMN", "Y", Null{}, "N", "N",
                             Null{}, Null{}, Null{}, Null{}});
    }
    return result;
  }
  for (const Column& column : object->table()->columns) {
    result.rows.push_back({column.name, ToString(column.type), "COLUMN",
                           column.not_null ? "N" : "Y",
                           column.default_text.empty() ? Value(Null{}) : Value(column.default_text),
                           column.primary_key ? "Y" : "N", "N", Null{}, Null{},
                           column.comment.empty() ? Value(Null{}) : Value(column.comment), Null{}});
  }
  return result;
}

}  // namespace dbstow::doubles::snowflake
