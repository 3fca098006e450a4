#include "repository/selector.h"

#include <algorithm>
#include <optional>

#include "dbstow/core/connection_info.h"
#include "repository/chain_order.h"
#include "repository/layout.h"

namespace dbstow::repository {
namespace {

constexpr std::string_view kLatest = "latest";

Error NoSuchBackup(std::string_view selector, std::string_view instance) {
  const std::string of = instance.empty() ? "" : " of instance '" + std::string(instance) + "'";
  return Error(ErrorCode::kNotFound, "there is no backup '" + std::string(selector) + "'" + of)
      .WithHint("`dbstow backups` lists what there is");
}

Result<std::vector<BackupRecord>> ReadRecords(const Chain& chain,
                                              const std::vector<ListedManifest>& listed) {
  std::vector<BackupRecord> records;
  for (const ListedManifest& each : listed) {
    auto head = chain.ReadHead(each);
    if (head) {
      records.push_back(std::move(head->record));
    } else if (IsUnreadable(head.error())) {
      BackupRecord damaged;
      damaged.id = each.name.backup_id;
      damaged.instance = chain.instance();
      damaged.warnings.push_back(head.error().ToString());
      records.push_back(std::move(damaged));
    } else if (head.error().code() != ErrorCode::kNotFound) {
      return std::move(head).error();
    }
  }
  return records;
}

// What may be the latest: those that have the last second in their ids. When that is yet to come,
// a clock ran ahead, and later backups may have been made that look older.
std::vector<ListedManifest> Latest(const Chain& chain, const std::vector<ListedManifest>& listed) {
  const std::string_view last = SecondOf(listed.back().name.backup_id);
  if (last > CompactTime(chain.environment().ports.clock.Now())) return listed;
  const auto first = std::ranges::find_if(
      listed, [&](const auto& each) { return SecondOf(each.name.backup_id) == last; });
  return {first, listed.end()};
}

// A restore of an older state than the one that was meant must be asked for.
Error LatestIsDamaged(const Chain& chain, const BackupRecord& damaged) {
  Error error(ErrorCode::kCorrupt, "the latest backup of '" + chain.instance() + "', " +
                                       damaged.id +
                                       ", cannot be read: " + damaged.warnings.front());
  const auto records = ListRecords(chain);
  if (!records) return error;
  const BackupRecord* newest = nullptr;
  for (const BackupRecord& each : *records) {
    if (each.readable()) newest = &each;
  }
  if (newest == nullptr) return error.WithHint("none of its other backups can be read either");
  return error.WithHint("the newest that can be read is " + newest->id +
                        "; give that id if its state will do");
}

// None when the object is not one of ours.
Result<std::optional<std::string>> NameOfInstance(storage::ObjectStore& store,
                                                  const storage::ObjectInfo& object) {
  using Name = std::optional<std::string>;
  const std::string_view part = LastPart(object.key);
  // A shortened key part cannot be read back; the object's content can.
  if (part.find('=') != std::string_view::npos) {
    const auto bytes = store.Get(object.key);
    if (bytes) return Name(AsText(*bytes));
    return IsUnreadable(bytes.error()) ? Result<Name>(Name()) : bytes.error();
  }
  auto name = PercentDecode(part);
  if (!name) return Name();
  if (object.size != 0) return Name(*std::move(name));
  // It cannot be looked at: another's folder, unless there is a chain of that name.
  DBSTOW_ASSIGN(const auto manifests, store.List(ChainLayout(*name).Manifests()));
  return manifests.empty() ? Name() : Name(*std::move(name));
}

std::vector<Selected> Matching(const Chain& chain, const std::vector<ListedManifest>& listed,
                               std::string_view selector) {
  std::vector<Selected> found;
  for (const ListedManifest& each : listed) {
    if (each.name.backup_id.starts_with(selector)) found.push_back({chain, each.name});
  }
  return found;
}

}  // namespace

Result<InstanceList> ListInstances(storage::ObjectStore& store) {
  DBSTOW_ASSIGN(const auto objects, store.List(kInstancePrefix));
  InstanceList instances;
  for (const storage::ObjectInfo& each : objects) {
    DBSTOW_ASSIGN(auto name, NameOfInstance(store, each));
    if (name) {
      instances.names.push_back(*std::move(name));
    } else {
      instances.strays.push_back(each.key);
    }
  }
  std::ranges::sort(instances.names);
  return instances;
}

Result<std::vector<Chain>> ChainsOf(const Environment& environment, std::string_view instance) {
  std::vector<std::string> names{std::string(instance)};
  if (instance.empty()) {
    DBSTOW_ASSIGN(InstanceList instances, ListInstances(environment.ports.store));
    names = std::move(instances.names);
  }
  std::vector<Chain> chains;
  for (std::string& each : names) chains.emplace_back(environment, std::move(each));
  return chains;
}

Result<std::vector<ListedManifest>> ListVisible(const Chain& chain) {
  DBSTOW_ASSIGN(auto listed, chain.ListManifests());
  const auto fences = chain.ListFences();
  // Whoever only reads had better be offered a backup that is being given up than none at all.
  if (!fences && IsUnreadable(fences.error())) return listed;
  if (!fences) return fences.error();
  std::erase_if(listed,
                [&](const auto& each) { return fences->confirmed.contains(each.name.session); });
  return listed;
}

Result<std::vector<BackupRecord>> ListRecords(const Chain& chain) {
  DBSTOW_ASSIGN(const auto listed, ListVisible(chain));
  DBSTOW_ASSIGN(auto records, ReadRecords(chain, listed));
  SortByMaking(records);
  return records;
}

Result<BackupRecord> LatestOf(const Chain& chain) {
  DBSTOW_ASSIGN(const auto listed, ListVisible(chain));
  if (listed.empty()) return NoSuchBackup(kLatest, chain.instance());
  DBSTOW_ASSIGN(auto records, ReadRecords(chain, Latest(chain, listed)));
  if (records.empty()) return NoSuchBackup(kLatest, chain.instance());
  SortByMaking(records);
  if (!records.back().readable()) return LatestIsDamaged(chain, records.back());
  return std::move(records.back());
}

Result<Selected> Select(const Environment& environment, std::string_view selector,
                        std::string_view instance) {
  if (selector.empty() || (selector == kLatest && instance.empty())) {
    return Error(ErrorCode::kInvalidOptions, "'latest' is the latest backup of an instance")
        .WithHint("name the instance too, or give a backup id");
  }
  std::vector<Selected> found;
  DBSTOW_ASSIGN(const auto chains, ChainsOf(environment, instance));
  for (const Chain& chain : chains) {
    DBSTOW_ASSIGN(const auto listed, ListVisible(chain));
    if (selector == kLatest) {
      DBSTOW_ASSIGN(const BackupRecord latest, LatestOf(chain));
      const auto name = std::ranges::find(
          listed, latest.id, [](const auto& each) -> auto& { return each.name.backup_id; });
      if (name != listed.end()) return Selected{chain, name->name};
      continue;  // it came after the listing
    }
    auto some = Matching(chain, listed, selector);
    std::ranges::move(some, std::back_inserter(found));
  }
  if (found.empty()) return NoSuchBackup(selector, instance);
  if (found.size() == 1) return std::move(found.front());
  return Error(ErrorCode::kInvalidOptions,
               "'" + std::string(selector) +
                   "' is the beginning of several backup ids: " + found[0].name.backup_id + ", " +
                   found[1].name.backup_id + (found.size() > 2 ? ", …" : ""))
      .WithHint("type more of it");
}

}  // namespace dbstow::repository
