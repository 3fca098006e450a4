#include "engines/postgres/pg_scattered.h"

#include <algorithm>

#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

bool IsEnum(const PgArchiveEntry& entry) {
  return entry.desc == "TYPE" && entry.defn.find(" AS ENUM (") != std::string::npos;
}

bool IsHashPartitioned(const PgArchiveEntry& entry) {
  return entry.defn.find("\nPARTITION BY HASH (") != std::string::npos;
}

}  // namespace

// As pg_dump decides it: the operator class tells, also of a domain over an enum.
std::string RootOfScattered(const std::string& oid) {
  return "(SELECT a.relid FROM pg_partition_ancestors(" + oid +
         ") WITH ORDINALITY a(relid, place) JOIN pg_partitioned_table h ON h.partrelid = a.relid"
         " WHERE h.partstrat = 'h' AND EXISTS (SELECT FROM pg_opclass k"
         " WHERE k.oid = ANY (h.partclass::oid[]) AND k.opcname = 'enum_ops'"
         " AND k.opcnamespace = 'pg_catalog'::regnamespace) ORDER BY a.place DESC LIMIT 1)";
}

Result<std::map<std::string, std::string>> ReadScattered(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT n.nspname, c.relname, m.nspname, p.relname"
                              " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                              " JOIN pg_class p ON p.oid = " +
                              RootOfScattered("c.oid::regclass") +
                              " JOIN pg_namespace m ON m.oid = p.relnamespace"
                              " WHERE c.relispartition AND c.relkind = 'r'"));
  std::map<std::string, std::string> roots;
  for (int row = 0; row < rows.size(); ++row) {
    roots[QuoteQualified(rows.String(row, 0), rows.String(row, 1))] =
        QuoteQualified(rows.String(row, 2), rows.String(row, 3));
  }
  return roots;
}

std::map<std::uint32_t, std::string> FindScattered(const PgArchive& archive) {
  std::map<std::uint32_t, std::string> roots;
  if (std::ranges::none_of(archive.entries, IsEnum)) return roots;
  // A partition comes before what is attached to it, or after: parents are looked up at the end.
  const PgArchiveIndex index(archive);
  std::map<const PgArchiveEntry*, const PgArchiveEntry*> parents;
  for (const PgArchiveEntry& attach : archive.entries) {
    if (attach.desc != "TABLE ATTACH") continue;
    const PgArchiveEntry* child = nullptr;
    const PgArchiveEntry* parent = nullptr;
    for (const PgArchiveEntry* table : index.DependenciesOf(attach)) {
      const bool is_child =
          table->tag == attach.tag && table->namespace_name == attach.namespace_name;
      (is_child ? child : parent) = table;
    }
    if (child != nullptr && parent != nullptr) parents[child] = parent;
  }
  for (const auto& [child, its_parent] : parents) {
    const PgArchiveEntry* root = nullptr;
    for (auto above = parents.find(child); above != parents.end();
         above = parents.find(above->second)) {
      if (IsHashPartitioned(*above->second)) root = above->second;
    }
    if (root != nullptr) roots[child->oid] = QuoteQualified(root->namespace_name, root->tag);
  }
  return roots;
}

}  // namespace dbstow::postgres
