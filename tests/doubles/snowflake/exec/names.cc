#include "doubles/snowflake/exec/names.h"

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

std::string Capitalized(ObjectKind kind) {
  std::string text = ToString(kind);
  for (size_t at = 1; at < text.size(); ++at) {
    text[at] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[at])));
  }
  return text;
}

Error Missing(const SqlCode& code, const std::string& what, const std::string& name) {
  return CompilationError(code, what + " '" + name + "' does not exist or not authorized.");
}

bool IsInSchema(ObjectKind kind) {
  return kind == ObjectKind::kTable || kind == ObjectKind::kView || kind == ObjectKind::kSequence ||
         kind == ObjectKind::kStage || kind == ObjectKind::kFileFormat;
}

}  // namespace

const Object* Names::Lookup(ObjectKind kind, Id container, const std::string& name) const {
  const Object* object = view_.FindChild(kind, container, name, session_.id);
  return object != nullptr && access_.HasAny(*object) ? object : nullptr;
}

Result<const Object*> Names::Database(const std::string& name) const {
  const Object* database = Lookup(ObjectKind::kDatabase, kAccountId, name);
  if (database == nullptr) return Missing(codes::kDoesNotExist, "Database", QuoteIdentifier(name));
  return database;
}

Result<const Object*> Names::CurrentDatabase() const {
  const Object* database = Lookup(ObjectKind::kDatabase, kAccountId, session_.database);
  if (session_.database.empty() || database == nullptr) {
    return SqlError(codes::kNoDatabase,
                    "Cannot perform operation. This session does not have a current database. Call "
                    "'USE DATABASE', or use a qualified name.");
  }
  return database;
}

Result<const Object*> Names::CurrentSchema() const {
  DBSTOW_ASSIGN(const Object* database, CurrentDatabase());
  const Object* schema = Lookup(ObjectKind::kSchema, database->id, session_.schema);
  if (session_.schema.empty() || schema == nullptr) {
    return SqlError(codes::kNoSchema,
                    "Cannot perform operation. This session does not have a current schema. Call "
                    "'USE SCHEMA', or use a qualified name.");
  }
  return schema;
}

Result<const Object*> Names::Schema(const Name& name) const {
  const Object* database = nullptr;
  if (name.parts.size() > 1) {
    DBSTOW_ASSIGN(database, Database(name.parts[name.parts.size() - 2]));
  } else {
    DBSTOW_ASSIGN(database, CurrentDatabase());
  }
  const Object* schema = Lookup(ObjectKind::kSchema, database->id, name.last());
  if (schema == nullptr) {
    return Missing(codes::kDoesNotExist, "Schema", ToString(Name{{database->name(), name.last()}}));
  }
  return schema;
}

Result<const Object*> Names::ContainerFor(ObjectKind kind, const Name& name) const {
  if (kind == ObjectKind::kSchema) {
    return name.parts.size() > 1 ? Database(name.parts[0]) : CurrentDatabase();
  }
  if (!IsInSchema(kind)) return view_.Find(kAccountId);
  if (name.parts.size() == 1) return CurrentSchema();
  return Schema(Name{{name.parts.begin(), name.parts.end() - 1}});
}

Result<const Object*> Names::Relation(const Name& name) const {
  DBSTOW_ASSIGN(const Object* schema, ContainerFor(ObjectKind::kTable, name));
  const Object* object = Lookup(ObjectKind::kTable, schema->id, name.last());
  if (object == nullptr) {
    Name full = view_.QualifiedName(*schema);
    full.parts.push_back(name.last());
    return Missing(codes::kObjectDoesNotExist, "Object", ToString(full));
  }
  return object;
}

Result<const Object*> Names::OfKindIfThere(ObjectKind kind, const Name& name) const {
  if (kind == ObjectKind::kAccount) return view_.Find(kAccountId);
  DBSTOW_ASSIGN(const Object* container, ContainerFor(kind, name));
  // Roles and users are seen by everyone who may name them.
  const bool principal = kind == ObjectKind::kRole || kind == ObjectKind::kUser;
  const Object* object = principal ? view_.FindChild(kind, container->id, name.last())
                                   : Lookup(kind, container->id, name.last());
  return object != nullptr && object->kind == kind ? object : nullptr;
}

Result<const Object*> Names::OfKind(ObjectKind kind, const Name& name) const {
  DBSTOW_ASSIGN(const Object* object, OfKindIfThere(kind, name));
  if (object != nullptr) return object;
  Name full = name;
  if (kind != ObjectKind::kDatabase && name.parts.size() < 3) {
    DBSTOW_ASSIGN(const Object* container, ContainerFor(kind, name));
    full = view_.QualifiedName(*container);
    full.parts.push_back(name.last());
  }
  return Missing(codes::kDoesNotExist, Capitalized(kind), ToString(full));
}

}  // namespace dbstow::doubles::snowflake
