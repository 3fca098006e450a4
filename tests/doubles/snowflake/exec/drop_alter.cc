#include "doubles/snowflake/exec/ddl.h"
#include "doubles/snowflake/exec/dml.h"
#include "doubles/snowflake/exec/evaluator.h"
#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/exec/source.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

ResultSet Done(std::string message, const char* type) {
  ResultSet result = StatusResult(std::move(message));
  result.statement_type = type;
  return result;
}

Error NameTaken(const CatalogView& view, Id container, const std::string& name) {
  Name full = view.QualifiedName(*view.Find(container));
  full.parts.push_back(name);
  return CompilationError(codes::kExists, "Object '" + ToString(full) + "' already exists.");
}

Result<ResultSet> Rename(const Execution& execution, const AlterStatement& alter,
                         const Object& object) {
  const Names names(execution);
  const std::string& name = alter.other.last();
  Id container = object.container();
  if (alter.other.parts.size() > 1) {
    DBSTOW_ASSIGN(const Object* target, names.ContainerFor(alter.kind, alter.other));
    container = target->id;
    if (container != object.container()) {
      DBSTOW_TRY(names.access().Require(*target, "CREATE " + ToString(alter.kind)));
    }
  }
  const Object* taken = execution.change.FindChild(alter.kind, container, name);
  if (taken != nullptr && taken->id != object.id)
    return NameTaken(execution.change, container, name);
  const bool was_current =
      alter.kind == ObjectKind::kDatabase && execution.session.database == object.name();
  const bool schema_was_current =
      alter.kind == ObjectKind::kSchema && execution.session.schema == object.name();
  execution.change.Move(object.id, container, name);
  if (was_current) execution.session.database = name;
  if (schema_was_current) execution.session.schema = name;
  return Done("Statement executed successfully.", "ALTER");
}

Result<ResultSet> Swap(const Execution& execution, const AlterStatement& alter,
                       const Object& object) {
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* other, names.OfKind(alter.kind, alter.other));
  DBSTOW_TRY(names.access().RequireOwnership(*other));
  if (object.session.empty() != other->session.empty()) {
    return CompilationError(codes::kSwapMismatch,
                            "Cannot swap a temporary table with a permanent or transient table.");
  }
  execution.change.Swap(object.id, other->id);
  return Done("Statement executed successfully.", "ALTER");
}

Result<ResultSet> Set(const Execution& execution, const AlterStatement& alter,
                      const Object& object) {
  if (object.kind == ObjectKind::kAccount && !execution.access().IsAccountAdmin()) {
    return execution.access().RequireOwnership(object).error();
  }
  execution.change.FreezeHistory(object);
  Object& edited = execution.change.Edit(object.id);
  DBSTOW_TRY(ApplyProperties(execution, edited, alter.properties));
  return Done("Statement executed successfully.", "ALTER");
}

Result<ResultSet> Unset(const Execution& execution, const AlterStatement& alter,
                        const Object& object) {
  execution.change.FreezeHistory(object);
  Object& edited = execution.change.Edit(object.id);
  for (const Property& property : alter.properties) {
    if (property.key == "COMMENT") {
      edited.comment.clear();
    } else if (property.key == "DATA_RETENTION_TIME_IN_DAYS") {
      edited.retention.reset();
    } else if (auto* options = edited.mutable_options();
               options == nullptr || options->erase(property.key) == 0) {
      return CompilationError(codes::kInvalidProperty,
                              "invalid property '" + property.key + "' for this statement");
    }
  }
  return Done("Statement executed successfully.", "ALTER");
}

Result<ResultSet> AddColumn(const Execution& execution, const AlterStatement& alter,
                            const Object& object) {
  Object& table = execution.change.Edit(object.id);
  const size_t before = table.table()->columns.size();
  DBSTOW_TRY(AddColumns(execution, *table.table(), alter.columns));
  for (size_t at = before; at < table.table()->columns.size(); ++at) {
    Column& column = table.table()->columns[at];
    if (column.default_sequence != 0) return Unsupported("ADD COLUMN with a sequence as default");
    DBSTOW_ASSIGN(const Value fill, DefaultValue(execution, column));
    column.fill = ToWire(fill);
    const bool has_rows = !ReadTable(execution.change, table, execution.change.version()).empty();
    if (column.not_null && !column.fill && has_rows) {
      return SqlError({"002211", "22004"}, "Non-nullable column '" + column.name +
                                               "' cannot be added to non-empty table '" +
                                               table.name() +
                                               "' unless it has a non-null default value.");
    }
  }
  return Done("Statement executed successfully.", "ALTER");
}

Result<Column*> FindColumn(TableDetail& table, const std::string& name) {
  for (Column& column : table.columns) {
    if (column.name == name) return &column;
  }
  return CompilationError(codes::kInvalidIdentifier,
                          "invalid identifier '" + QuoteIdentifier(name) + "'");
}

Result<ResultSet> DropColumns(const Execution& execution, const AlterStatement& alter,
                              const Object& object) {
  TableDetail& table = *execution.change.Edit(object.id).table();
  for (const std::string& name : alter.column_names) {
    DBSTOW_ASSIGN(const Column* column, FindColumn(table, name));
    if (table.columns.size() == 1) {
      return CompilationError({"002028", "42601"}, "cannot drop the only column of a table");
    }
    table.columns.erase(table.columns.begin() + (column - table.columns.data()));
  }
  return Done("Statement executed successfully.", "ALTER");
}

Result<ResultSet> RenameColumn(const Execution& execution, const AlterStatement& alter,
                               const Object& object) {
  TableDetail& table = *execution.change.Edit(object.id).table();
  for (const Column& column : table.columns) {
    if (column.name == alter.column_names[1]) {
      return CompilationError(codes::kDuplicateColumn,
                              "duplicate column name '" + column.name + "'");
    }
  }
  DBSTOW_ASSIGN(Column * column, FindColumn(table, alter.column_names[0]));
  column->name = alter.column_names[1];
  return Done("Statement executed successfully.", "ALTER");
}

Result<ResultSet> SetWarehouseState(const Execution& execution, const Object& warehouse,
                                    const std::string& state) {
  DBSTOW_TRY(execution.access().Require(warehouse, "OPERATE"));
  (*execution.change.Edit(warehouse.id).mutable_options())["STATE"] = state;
  return Done("Statement executed successfully.", "ALTER");
}

Result<const Object*> FindDroppedById(const Execution& execution, const UndropStatement& undrop) {
  const Object* object = execution.change.Find(*undrop.id);
  if (object == nullptr || object->kind != undrop.kind ||
      !execution.change.CanUndrop(*object, execution.now())) {
    return CompilationError(codes::kDoesNotExist, TitleOf(undrop.kind) + " '" +
                                                      std::to_string(*undrop.id) +
                                                      "' did not exist or was purged.");
  }
  return object;
}

Result<const Object*> FindDropped(const Execution& execution, const UndropStatement& undrop) {
  if (undrop.id) return FindDroppedById(execution, undrop);
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* container, names.ContainerFor(undrop.kind, undrop.name));
  const auto dropped =
      execution.change.Dropped(undrop.kind, container->id, undrop.name.last(), execution.now());
  if (dropped.empty()) {
    // With nothing to bring back, a live object of the name is told first.
    if (execution.change.FindChild(undrop.kind, container->id, undrop.name.last()) != nullptr) {
      return NameTaken(execution.change, container->id, undrop.name.last());
    }
    return CompilationError(
        codes::kDoesNotExist,
        TitleOf(undrop.kind) + " '" + ToString(undrop.name) + "' did not exist or was purged.");
  }
  return dropped.front();
}

}  // namespace

Result<ResultSet> ExecuteDrop(const Execution& execution, const DropStatement& drop) {
  const Names names(execution);
  if (drop.if_exists) {
    const auto there = names.OfKindIfThere(drop.kind, drop.name);
    if (!there && !Is(there.error(), codes::kDoesNotExist)) return there.error();
    if (!there || *there == nullptr) {
      return Done(
          "Drop statement executed successfully (" + drop.name.last() + " already dropped).",
          "DROP");
    }
  }
  DBSTOW_ASSIGN(const Object* object, names.OfKind(drop.kind, drop.name));
  DBSTOW_TRY(names.access().RequireOwnership(*object));
  execution.change.Drop(object->id);
  if (drop.kind == ObjectKind::kDatabase && execution.session.database == drop.name.last()) {
    execution.session.database.clear();
    execution.session.schema.clear();
  }
  if (drop.kind == ObjectKind::kSchema && execution.session.schema == drop.name.last()) {
    execution.session.schema.clear();
  }
  return Done(drop.name.last() + " successfully dropped.", "DROP");
}

Result<ResultSet> ExecuteUndrop(const Execution& execution, const UndropStatement& undrop) {
  DBSTOW_ASSIGN(const Object* object, FindDropped(execution, undrop));
  DBSTOW_TRY(execution.access().RequireOwnership(*object));
  const Object* container = execution.change.Find(object->container());
  for (const Object* at = container; at->kind != ObjectKind::kAccount;
       at = execution.change.Find(at->container())) {
    if (at->live()) continue;
    return CompilationError(codes::kDoesNotExist,
                            TitleOf(undrop.kind) + " '" + object->name() +
                                "' cannot be restored: its container is dropped.");
  }
  const std::string name = object->name();
  if (execution.change.FindChild(undrop.kind, container->id, name) != nullptr) {
    return NameTaken(execution.change, container->id, name);
  }
  execution.change.Undrop(object->id, name);
  if (undrop.kind == ObjectKind::kDatabase) {
    execution.session.database = name;
    execution.session.schema = "PUBLIC";
  }
  return Done(TitleOf(undrop.kind) + " " + name + " successfully restored.", "UNDROP");
}

Result<ResultSet> ExecuteAlter(const Execution& execution, const AlterStatement& alter) {
  using Action = AlterStatement::Action;
  const Names names(execution);
  if (alter.if_exists) {
    const auto there = names.OfKindIfThere(alter.kind, alter.name);
    if (!there && !Is(there.error(), codes::kDoesNotExist)) return there.error();
    if (!there || *there == nullptr) return Done("Statement executed successfully.", "ALTER");
  }
  DBSTOW_ASSIGN(const Object* object, names.OfKind(alter.kind, alter.name));
  const bool owner_only = alter.action != Action::kSuspend && alter.action != Action::kResume;
  if (owner_only) DBSTOW_TRY(names.access().RequireOwnership(*object));
  switch (alter.action) {
    case Action::kRename: return Rename(execution, alter, *object);
    case Action::kSwap: return Swap(execution, alter, *object);
    case Action::kSet: return Set(execution, alter, *object);
    case Action::kUnset: return Unset(execution, alter, *object);
    case Action::kAddColumn: return AddColumn(execution, alter, *object);
    case Action::kDropColumn: return DropColumns(execution, alter, *object);
    case Action::kRenameColumn: return RenameColumn(execution, alter, *object);
    case Action::kSuspend: return SetWarehouseState(execution, *object, "SUSPENDED");
    case Action::kResume: return SetWarehouseState(execution, *object, "STARTED");
  }
  return Unsupported("ALTER");
}

}  // namespace dbstow::doubles::snowflake
