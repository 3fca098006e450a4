#pragma once

#include <string>
#include <vector>

namespace dbstow::postgres {

// Pieces of SQL that the queries for definitions are made of. They stand behind a WITH that names
// `space` (schemas), `member` (what belongs to extensions) and `relation`.

/// Options as `storage = value`, in the order of their names.
[[nodiscard]] std::string Sorted(const std::string& array);

/// The names of a relation's columns by their numbers in `array`, in that order.
[[nodiscard]] std::string ColumnNames(const std::string& relation, const std::string& array);

/// Who may do what, and by whose grant where that is not the owner, sorted. MAINTAIN, which came
/// with 17, is part of an ALL that an older server gave, and left out.
[[nodiscard]] std::string Grants(const std::string& acl, const std::string& kind,
                                 const std::string& owner);

/// True of what belongs to no extension.
[[nodiscard]] std::string NotMember(const std::string& catalog, const std::string& oid);

[[nodiscard]] std::string Owner(const std::string& role);

/// Relations, and what hangs on them: columns, indexes, constraints, triggers, rules, policies.
[[nodiscard]] std::vector<std::string> RelationQueries(int server_version);
/// What else lives in schemas: functions, types, operators, collations, text search.
[[nodiscard]] std::vector<std::string> SchemaObjectQueries(int server_version);
/// What lives in the database itself, and what is said about objects of all kinds.
[[nodiscard]] std::vector<std::string> DatabaseObjectQueries(int server_version);

}  // namespace dbstow::postgres
