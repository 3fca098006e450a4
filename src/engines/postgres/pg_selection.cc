#include "engines/postgres/pg_selection.h"

#include <algorithm>
#include <array>

namespace dbstow::postgres {
namespace {

constexpr std::uint32_t kPgClass = 1259;

using Kinds = std::initializer_list<std::string_view>;

bool IsOneOf(const PgArchiveEntry& entry, Kinds kinds) {
  return std::ranges::find(kinds, entry.desc) != kinds.end();
}

bool IsRelation(const PgArchiveEntry& entry) {
  return IsOneOf(entry, {"TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE"});
}

/// Says how the archive is to be read; nothing that could be left out.
bool IsPreamble(const PgArchiveEntry& entry) {
  return IsOneOf(entry,
                 {"ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES"});
}

bool IsViewRule(const PgArchiveEntry& entry) {
  // pg_dump breaks loops by making an empty view first; its rule holds the real query.
  return entry.desc == "RULE" && entry.tag.ends_with(" _RETURN");
}

/// Belongs to what it depends on, and may need more; it is wanted whenever its owner is.
bool IsPart(const PgArchiveEntry& entry) {
  return IsViewRule(entry) ||
         IsOneOf(entry,
                 {"DEFAULT", "SEQUENCE", "SEQUENCE OWNED BY", "CONSTRAINT", "CHECK CONSTRAINT",
                  "INDEX", "STATISTICS", "ROW SECURITY", "TABLE DATA", "SEQUENCE SET",
                  "MATERIALIZED VIEW DATA", "COMMENT", "ACL", "SECURITY LABEL"});
}

/// Ties its owner to other things; wanted only when those are there.
bool IsTie(const PgArchiveEntry& entry) {
  return IsOneOf(entry, {"FK CONSTRAINT", "TRIGGER", "RULE", "POLICY", "PUBLICATION TABLE",
                         "TABLE ATTACH", "INDEX ATTACH"}) &&
         !IsViewRule(entry);
}

/// What may follow things that are no relations.
bool IsRemark(const PgArchiveEntry& entry) {
  return IsOneOf(entry, {"COMMENT", "ACL", "SECURITY LABEL"});
}

std::string Name(const PgArchiveEntry& entry) {
  return entry.namespace_name.empty() ? entry.tag : WriteDotted(entry.namespace_name, entry.tag);
}

/// Grows a set of entries until nothing more is needed.
class Selector {
 public:
  explicit Selector(const PgArchive& archive) : archive_(archive), index_(archive) {}

  Result<void> Seed(const RestoreMapping& mapping) {
    for (const NamePattern& pattern : mapping.table_selection) DBSTOW_TRY(SeedTables(pattern));
    for (const NamePattern& pattern : mapping.schema_selection) DBSTOW_TRY(SeedSchema(pattern));
    // An archive does not say that an exclusion constraint needs an extension's operator class.
    for (const PgArchiveEntry& entry : archive_.entries) {
      if (entry.desc == "EXTENSION") Choose(entry);
    }
    return {};
  }

  void Grow() {
    while (!pending_.empty()) {
      const PgArchiveEntry& entry = *pending_.back();
      pending_.pop_back();
      FollowNeeds(entry);
      FollowParts(entry);
    }
    AddTies();
  }

  [[nodiscard]] bool Contains(const PgArchiveEntry& entry) const {
    return IsPreamble(entry) || chosen_.contains(entry.dump_id);
  }
  [[nodiscard]] std::vector<std::string> TakeWarnings() { return std::move(warnings_); }

 private:
  Result<void> SeedTables(const NamePattern& pattern) {
    bool found = false;
    std::vector<std::string> names;
    for (const PgArchiveEntry& entry : archive_.entries) {
      if (!IsRelation(entry)) continue;
      names.push_back(Name(entry));
      if (!pattern.Matches(entry.namespace_name, entry.tag)) continue;
      found = true;
      Choose(entry);
    }
    return found ? Result<void>() : NothingMatches("table", pattern, names);
  }

  Result<void> SeedSchema(const NamePattern& pattern) {
    bool found = false;
    std::vector<std::string> names;
    for (const PgArchiveEntry& entry : archive_.entries) {
      const bool is_schema = entry.desc == "SCHEMA";
      const std::string& schema = is_schema ? entry.tag : entry.namespace_name;
      if (schema.empty()) continue;
      if (names.empty() || names.back() != schema) names.push_back(schema);
      if (!pattern.MatchesName(schema)) continue;
      found = true;
      // Ties are weighed once everything else is known; remarks follow what they speak of.
      if (!IsTie(entry) && !IsRemark(entry)) Choose(entry);
    }
    return found ? Result<void>() : NothingMatches("schema", pattern, names);
  }

  static Error NothingMatches(std::string_view kind, const NamePattern& pattern,
                              const std::vector<std::string>& names) {
    Error error(ErrorCode::kInvalidOptions, "mapping: the backup holds no " + std::string(kind) +
                                                " that matches '" + pattern.text() + "'");
    if (const auto nearest = NearestWord(pattern.text(), names)) {
      error.WithHint("did you mean '" + *nearest + "'?");
    } else if (!names.empty()) {
      error.WithHint("it holds for example '" + names.front() + "'");
    }
    return error;
  }

  bool Choose(const PgArchiveEntry& entry) {
    if (!chosen_.insert(entry.dump_id).second) return false;
    pending_.push_back(&entry);
    return true;
  }

  // Constraints and indexes of partitions name those of their parents, which they do not need.
  void FollowNeeds(const PgArchiveEntry& entry) {
    for (const PgArchiveEntry* needed : index_.DependenciesOf(entry)) {
      if (IsOneOf(*needed, {"CONSTRAINT", "INDEX"})) continue;
      if (!Choose(*needed) || !IsRelation(*needed) || needed->desc == "SEQUENCE") continue;
      warnings_.push_back(Name(*needed) + " is restored too, because " + entry.desc + " " +
                          Name(entry) + " needs it");
    }
  }

  void FollowParts(const PgArchiveEntry& entry) {
    const bool has_parts = IsRelation(entry) || IsPart(entry);
    for (const PgArchiveEntry* dependent : index_.DependentsOf(entry.dump_id)) {
      if (has_parts ? IsPart(*dependent) && BelongsTo(*dependent, entry) : IsRemark(*dependent)) {
        Choose(*dependent);
      } else if (dependent->desc == "TABLE ATTACH" && IsRelation(entry)) {
        ChoosePartition(*dependent, entry);
      }
    }
  }

  // Not all that depends on an owner is its own: the default of one table may use the sequence of
  // another, a view may lean on a primary key, a partition's constraint on that of its parent.
  static bool BelongsTo(const PgArchiveEntry& part, const PgArchiveEntry& owner) {
    if (IsRemark(part)) return true;
    if (IsViewRule(part)) return IsRelation(owner) && IsOwner(owner, part);
    if (part.desc == "DEFAULT") return owner.desc != "SEQUENCE";
    return IsRelation(owner);
  }

  // Chooses the partition when `parent` is the partitioned table.
  void ChoosePartition(const PgArchiveEntry& attach, const PgArchiveEntry& parent) {
    if (attach.namespace_name == parent.namespace_name && attach.tag == parent.tag) return;
    for (const PgArchiveEntry* table : index_.DependenciesOf(attach)) {
      if (table->tag == attach.tag && table->namespace_name == attach.namespace_name) {
        Choose(*table);
      }
    }
  }

  void AddTies() {
    for (const PgArchiveEntry& entry : archive_.entries) {
      if (IsTie(entry)) WeighTie(entry);
    }
    while (!pending_.empty()) {
      const PgArchiveEntry& entry = *pending_.back();
      pending_.pop_back();
      FollowNeeds(entry);
      for (const PgArchiveEntry* dependent : index_.DependentsOf(entry.dump_id)) {
        if (IsRemark(*dependent)) Choose(*dependent);
      }
    }
  }

  void WeighTie(const PgArchiveEntry& tie) {
    const PgArchiveEntry* missing = nullptr;
    bool owner_is_here = false;
    for (const PgArchiveEntry* needed : index_.DependenciesOf(tie)) {
      const bool here = chosen_.contains(needed->dump_id);
      if (here && IsRelation(*needed) && IsOwner(*needed, tie)) owner_is_here = true;
      const bool weighs = IsRelation(*needed) || needed->section == PgSection::kPostData ||
                          needed->desc == "PUBLICATION";
      if (!here && weighs && missing == nullptr) missing = needed;
    }
    if (missing == nullptr) {
      Choose(tie);
    } else if (owner_is_here && tie.desc != "INDEX ATTACH") {
      warnings_.push_back(tie.desc + " " + Name(tie) + " is left out: " + missing->desc + " " +
                          Name(*missing) + " is not selected");
    }
  }

  static bool IsOwner(const PgArchiveEntry& relation, const PgArchiveEntry& tie) {
    if (relation.namespace_name != tie.namespace_name) return false;
    return tie.tag == relation.tag || tie.tag.starts_with(relation.tag + " ") ||
           tie.tag.ends_with(" " + relation.tag);
  }

  const PgArchive& archive_;
  PgArchiveIndex index_;
  std::set<std::int32_t> chosen_;
  std::vector<const PgArchiveEntry*> pending_;
  std::vector<std::string> warnings_;
};

void CollectOids(PgSelection& selection) {
  for (const PgArchiveEntry& entry : selection.archive.entries) {
    if (IsRelation(entry) && entry.catalog_oid == kPgClass) selection.oids.insert(entry.oid);
  }
}

}  // namespace

Result<PgSelection> Select(const RestoreMapping& mapping, PgArchive archive) {
  PgSelection selection;
  if (!mapping.selects()) {
    selection.archive = std::move(archive);
    CollectOids(selection);
    return selection;
  }
  Selector selector(archive);
  DBSTOW_TRY(selector.Seed(mapping));
  selector.Grow();
  selection.warnings = selector.TakeWarnings();
  selection.large_objects = false;
  std::vector<PgArchiveEntry> kept;
  for (const PgArchiveEntry& entry : archive.entries) {
    if (selector.Contains(entry)) kept.push_back(entry);
  }
  selection.archive = std::move(archive);
  selection.archive.entries = std::move(kept);
  CollectOids(selection);
  return selection;
}

}  // namespace dbstow::postgres
