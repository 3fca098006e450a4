#include "engines/postgres/pg_archive.h"

#include <algorithm>

namespace dbstow::postgres {

std::vector<const PgArchiveEntry*> PgArchive::Section(PgSection section) const {
  std::vector<const PgArchiveEntry*> found;
  for (const PgArchiveEntry& entry : entries) {
    if (entry.section == section) found.push_back(&entry);
  }
  return found;
}

std::int32_t PgArchive::MaxDumpId() const {
  std::int32_t largest = 0;
  for (const PgArchiveEntry& entry : entries) largest = std::max(largest, entry.dump_id);
  return largest;
}

PgArchiveIndex::PgArchiveIndex(const PgArchive& archive) {
  for (const PgArchiveEntry& entry : archive.entries) {
    by_id_.emplace(entry.dump_id, &entry);
    // Comments, ACLs and data carry no oid or that of what they belong to; pg_dump lists the object
    // before them.
    if (entry.oid != 0 && !entry.has_data) {
      by_object_.emplace(std::pair(entry.catalog_oid, entry.oid), &entry);
    }
    for (const std::int32_t id : entry.dependencies) dependents_[id].push_back(&entry);
  }
}

const PgArchiveEntry* PgArchiveIndex::Find(std::int32_t dump_id) const {
  const auto found = by_id_.find(dump_id);
  return found == by_id_.end() ? nullptr : found->second;
}

const PgArchiveEntry* PgArchiveIndex::FindObject(std::uint32_t catalog_oid,
                                                 std::uint32_t oid) const {
  const auto found = by_object_.find({catalog_oid, oid});
  return found == by_object_.end() ? nullptr : found->second;
}

const std::vector<const PgArchiveEntry*>& PgArchiveIndex::DependentsOf(std::int32_t dump_id) const {
  const auto found = dependents_.find(dump_id);
  return found == dependents_.end() ? none_ : found->second;
}

std::vector<const PgArchiveEntry*> PgArchiveIndex::DependenciesOf(
    const PgArchiveEntry& entry) const {
  std::vector<const PgArchiveEntry*> found;
  for (const std::int32_t id : entry.dependencies) {
    if (const PgArchiveEntry* dependency = Find(id)) found.push_back(dependency);
  }
  return found;
}

}  // namespace dbstow::postgres
