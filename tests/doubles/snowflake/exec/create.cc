#include <set>

#include "doubles/snowflake/exec/clone.h"
#include "doubles/snowflake/exec/ddl.h"
#include "doubles/snowflake/exec/dml.h"
#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/select.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

bool IsPrincipal(ObjectKind kind) { return kind == ObjectKind::kRole || kind == ObjectKind::kUser; }

Result<void> MakeTable(const Execution& execution, const CreateStatement& create, Object& table) {
  const Id id = table.id;
  table.detail = TableDetail{};
  if (create.like) {
    const Names names(execution);
    DBSTOW_ASSIGN(const Object* source, names.OfKind(ObjectKind::kTable, *create.like));
    DBSTOW_TRY(names.access().Require(*source, "SELECT"));
    table.table()->columns = source->table()->columns;
    table.table()->next_column = source->table()->next_column;
    return {};
  }
  DBSTOW_TRY(AddColumns(execution, *table.table(), create.columns));
  for (const std::string& key : create.primary_key) {
    bool found = false;
    for (Column& column : table.table()->columns) {
      if (column.name != key) continue;
      column.primary_key = true;
      column.not_null = true;
      found = true;
    }
    if (!found)
      return CompilationError(codes::kInvalidIdentifier, "invalid identifier '" + key + "'");
  }
  if (!create.query) return {};
  DBSTOW_TRY(RequireWarehouse(execution));
  DBSTOW_ASSIGN(const ResultSet rows, ExecuteSelect(execution, *create.query));
  Object& made = execution.change.Edit(id);
  if (create.columns.empty()) {
    std::vector<ColumnDefinition> columns;
    for (const ResultColumn& column : rows.columns) {
      ColumnDefinition definition;
      definition.name = column.name;
      definition.type = column.type;
      columns.push_back(std::move(definition));
    }
    DBSTOW_TRY(AddColumns(execution, *made.table(), columns));
  }
  return InsertRows(execution, made, {}, rows.rows);
}

Result<void> MakeView(const Execution& execution, const CreateStatement& create, Object& view) {
  // The vendor compiles the query before it takes the view.
  DBSTOW_ASSIGN(const ResultSet checked, ExecuteSelect(execution, *create.query));
  static_cast<void>(checked);
  std::string query = create.query_text;
  while (!query.empty() && std::isspace(static_cast<unsigned char>(query.back())) != 0)
    query.pop_back();
  execution.change.Edit(view.id).detail = ViewDetail{std::move(query)};
  return {};
}

Result<void> MakeSequence(const CreateStatement& create, Object& sequence) {
  SequenceDetail detail;
  const Property* start = FindProperty(create.properties, "START");
  const Property* step = FindProperty(create.properties, "INCREMENT");
  if (start != nullptr) detail.start = std::strtoll(start->text.c_str(), nullptr, 10);
  if (step != nullptr) detail.step = std::strtoll(step->text.c_str(), nullptr, 10);
  if (detail.step == 0)
    return CompilationError(codes::kInvalidValue, "invalid value [0] for INCREMENT");
  detail.next = detail.start;
  sequence.detail = detail;
  return {};
}

Result<void> MakeDetail(const Execution& execution, const CreateStatement& create, Object& object) {
  switch (create.kind) {
    case ObjectKind::kTable: return MakeTable(execution, create, object);
    case ObjectKind::kView: return MakeView(execution, create, object);
    case ObjectKind::kSequence: return MakeSequence(create, object);
    case ObjectKind::kDatabase: {
      const Id id = object.id;
      execution.change.Create(ObjectKind::kSchema, id, "PUBLIC", execution.session.role);
      return {};
    }
    case ObjectKind::kRole:
    case ObjectKind::kUser: object.detail = PrincipalDetail{}; return {};
    case ObjectKind::kStage:
    case ObjectKind::kFileFormat:
    case ObjectKind::kWarehouse: object.detail = OptionDetail{}; return {};
    default: return {};
  }
}

// A new database or schema becomes the current one.
void UseNewContainer(const Execution& execution, const Object& object) {
  if (object.kind == ObjectKind::kDatabase) {
    execution.session.database = object.name();
    execution.session.schema = "PUBLIC";
  } else if (object.kind == ObjectKind::kSchema) {
    execution.session.database = execution.change.Find(object.container())->name();
    execution.session.schema = object.name();
  } else if (object.kind == ObjectKind::kWarehouse) {
    execution.session.warehouse = object.name();
  }
}

Result<void> CheckMayCreate(const Execution& execution, const CreateStatement& create,
                            const Object& container) {
  // Anyone who can use the schema may make temporary tables there.
  if (create.temporary) return execution.access().Require(container, "USAGE");
  // Secondary roles authorise everything but this.
  Session primary = execution.session;
  primary.secondary_roles = false;
  return Access(execution.change, primary).Require(container, "CREATE " + ToString(create.kind));
}

std::vector<Grant> GrantsToCopy(const Execution& execution, const CreateStatement& create,
                                const Object* replaced) {
  if (!create.copy_grants) return {};
  if (replaced != nullptr) return replaced->grants;
  if (!create.clone) return {};
  const auto source = Names(execution).OfKind(create.kind, create.clone->name);
  return source ? (*source)->grants : std::vector<Grant>{};
}

}  // namespace

std::string TitleOf(ObjectKind kind) {
  std::string text = ToString(kind);
  for (size_t at = 1; at < text.size(); ++at) {
    text[at] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[at])));
  }
  return text;
}

void ApplyFutureGrants(Change& change, Object& object) {
  const Object* schema = change.Find(object.container());
  const Object* database = schema == nullptr ? nullptr : change.Find(schema->container());
  // Grants defined on the schema win over those on the database.
  for (const Object* container : {schema, database}) {
    bool found = false;
    if (container == nullptr) continue;
    for (const FutureGrant& future : container->future_grants) {
      if (future.kind != object.kind) continue;
      found = true;
      if (future.grant.privilege == "OWNERSHIP") {
        object.owner = future.grant.role;
      } else {
        object.grants.push_back(future.grant);
      }
    }
    if (found) return;
  }
}

Result<void> AddColumns(const Execution& execution, TableDetail& table,
                        const std::vector<ColumnDefinition>& definitions) {
  std::set<std::string> names;
  for (const Column& column : table.columns) names.insert(column.name);
  for (const ColumnDefinition& definition : definitions) {
    if (!names.insert(definition.name).second) {
      return CompilationError(codes::kDuplicateColumn,
                              "duplicate column name '" + definition.name + "'");
    }
    Column column;
    column.id = table.next_column++;
    column.name = definition.name;
    column.type = definition.type;
    column.not_null = definition.not_null;
    column.primary_key = definition.primary_key;
    column.comment = definition.comment;
    if (definition.default_value) {
      const Expression& value = *definition.default_value;
      column.default_text = definition.default_text;
      if (value.kind == ExpressionKind::kColumn && value.name.parts.size() > 1 &&
          value.name.last() == "NEXTVAL") {
        const Name name{{value.name.parts.begin(), value.name.parts.end() - 1}};
        DBSTOW_ASSIGN(const Object* sequence, Names(execution).OfKind(ObjectKind::kSequence, name));
        column.default_sequence = sequence->id;
      }
    }
    table.columns.push_back(std::move(column));
  }
  return {};
}

Result<void> ApplyProperties(const Execution& execution, Object& object,
                             const Properties& properties) {
  for (const Property& property : properties) {
    if (object.kind == ObjectKind::kStage &&
        (property.key == "URL" || property.key == "CREDENTIALS")) {
      return Unsupported("external stage");
    }
    if (property.key == "COMMENT") {
      object.comment = property.text;
      continue;
    }
    if (property.key == "DATA_RETENTION_TIME_IN_DAYS" && object.kind != ObjectKind::kAccount) {
      const int days = std::atoi(property.text.c_str());
      if (days < 0 || days > execution.change.MostRetentionDays(object)) {
        return CompilationError(
            codes::kInvalidValue,
            "invalid value [" + property.text + "] for parameter 'DATA_RETENTION_TIME_IN_DAYS'");
      }
      object.retention = days;
      continue;
    }
    auto* options = object.mutable_options();
    if (options == nullptr) continue;  // MAX_DATA_EXTENSION…: streams are not here
    std::string text = property.text;
    for (const std::string& item : property.items) text += (text.empty() ? "" : ",") + item;
    for (const Property& nested : property.nested) {
      std::string value = nested.text;
      for (const std::string& item : nested.items) value += (value.empty() ? "" : "\x1f") + item;
      (*options)[property.key + "." + nested.key] = value;
    }
    (*options)[property.key] = text;
    if (object.kind == ObjectKind::kAccount && property.key == "DATA_RETENTION_TIME_IN_DAYS") {
      object.retention = std::atoi(property.text.c_str());
    }
  }
  return {};
}

Result<ResultSet> ExecuteCreate(const Execution& execution, const CreateStatement& create) {
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* container, names.ContainerFor(create.kind, create.name));
  const Id container_id = container->id;
  DBSTOW_TRY(CheckMayCreate(execution, create, *container));
  const std::string& name = create.name.last();
  const Object* existing =
      execution.change.FindChild(create.kind, container_id, name, execution.session.id);
  // A temporary table may hide a permanent one of its name, and the other way round may not.
  if (existing != nullptr && create.temporary && existing->session.empty()) existing = nullptr;
  if (existing != nullptr && !create.or_replace) {
    if (create.if_not_exists) return StatusResult(name + " already exists, statement succeeded.");
    Name full = create.name;
    if (!IsPrincipal(create.kind) && container->kind != ObjectKind::kAccount) {
      full = execution.change.QualifiedName(*container);
      full.parts.push_back(name);
    }
    return CompilationError(codes::kExists, "Object '" + ToString(full) + "' already exists.");
  }
  const std::vector<Grant> copied = GrantsToCopy(execution, create, existing);
  if (existing != nullptr) {
    if (existing->kind != create.kind) {
      return CompilationError(codes::kExists,
                              "Object found is of type '" + ToString(existing->kind) +
                                  "', not specified type '" + ToString(create.kind) + "'.");
    }
    DBSTOW_TRY(execution.access().RequireOwnership(*existing));
  }
  // The source of a clone and of CTAS is read before the name goes to the new object.
  Object* made = nullptr;
  const Id replaced = existing == nullptr ? 0 : existing->id;
  if (create.clone) {
    DBSTOW_ASSIGN(made, CloneObject(execution, create, *container));
  } else {
    Object& object =
        execution.change.Create(create.kind, container_id, name, execution.session.role);
    object.transient = create.transient;
    object.managed_access = create.managed_access;
    if (create.temporary) object.session = execution.session.id;
    made = &object;
  }
  const Id id = made->id;
  if (!create.clone) {
    // Until it is whole the new object must not be found by its own query.
    if (replaced != 0 || create.query) {
      made->placements.back().live = false;
    }
    auto filled = MakeDetail(execution, create, *made);
    execution.change.Edit(id).placements.back().live = true;
    DBSTOW_TRY(filled);
  }
  if (replaced != 0) execution.change.Drop(replaced);
  Object& object = execution.change.Edit(id);
  DBSTOW_TRY(ApplyProperties(execution, object, create.properties));
  ApplyFutureGrants(execution.change, object);
  object.grants.insert(object.grants.end(), copied.begin(), copied.end());
  UseNewContainer(execution, object);
  ResultSet result =
      StatusResult(create.kind == ObjectKind::kStage
                       ? "Stage area " + name + " successfully created."
                       : TitleOf(create.kind) + " " + name + " successfully created.");
  result.statement_type = "CREATE";
  return result;
}

}  // namespace dbstow::doubles::snowflake
