#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_mapping.h"

namespace dbstow::postgres {

/// The part of an archive that a restore wants.
struct PgSelection {
  PgArchive archive;             ///< the selected entries, in their order
  std::set<std::uint32_t> oids;  ///< pg_class oids of the selected relations: rows, sequence values
  bool large_objects = true;     ///< whether large objects are part of it
  std::vector<std::string> warnings;

  [[nodiscard]] bool ContainsRelation(std::uint32_t oid) const { return oids.contains(oid); }
};

/// Keeps the tables, views, foreign tables and sequences that match a pattern of `tables`, and
/// everything in the schemas that match one of `schemas`; with them
/// - the partitions of a selected partitioned table;
/// - what they need to exist: schemas, types, functions, extensions, parents, tables of views (the
///   latter with a warning, because they come with their rows);
/// - what belongs to them: defaults, sequences, constraints, indexes, triggers, rules, policies,
///   comments, grants, statistics;
/// - all extensions.
/// What ties a selected table to one that is not (a foreign key, a rule, the attachment to a
/// partitioned table) is left out with a warning. Without patterns everything is kept. Needs that
/// are only in the text of a function body are not seen.
/// Errors: InvalidOptions for a pattern that matches nothing, naming the nearest object.
[[nodiscard]] Result<PgSelection> Select(const RestoreMapping& mapping, PgArchive archive);

}  // namespace dbstow::postgres
