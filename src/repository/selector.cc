#include "repository/selector.h"

#include <algorithm>

#include "dbstow/core/connection_info.h"

namespace dbstow::repository {
namespace {

constexpr std::string_view kLatest = "latest";

Error NoSuchBackup(std::string_view selector, std::string_view instance) {
  const std::string of = instance.empty() ? "" : " of instance '" + std::string(instance) + "'";
  return Error(ErrorCode::kNotFound, "there is no backup '" + std::string(selector) + "'" + of)
      .WithHint("`dbstow backups` lists what there is");
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

Result<std::vector<std::string>> ListInstances(storage::ObjectStore& store) {
  DBSTOW_ASSIGN(const auto objects, store.List(kInstancePrefix));
  std::vector<std::string> names;
  for (const storage::ObjectInfo& each : objects) {
    // A shortened key part cannot be read back; the object's content can.
    const std::string_view part = LastPart(each.key);
    if (part.find('=') == std::string_view::npos) {
      DBSTOW_ASSIGN(std::string name, PercentDecode(part));
      names.push_back(std::move(name));
      continue;
    }
    DBSTOW_ASSIGN(const Bytes bytes, store.Get(each.key));
    names.emplace_back(AsText(bytes));
  }
  std::ranges::sort(names);
  return names;
}

Result<std::vector<Chain>> ChainsOf(const Environment& environment, std::string_view instance) {
  std::vector<std::string> names{std::string(instance)};
  if (instance.empty()) {
    DBSTOW_ASSIGN(names, ListInstances(environment.ports.store));
  }
  std::vector<Chain> chains;
  for (std::string& each : names) chains.emplace_back(environment, std::move(each));
  return chains;
}

Result<std::vector<ListedManifest>> ListVisible(const Chain& chain) {
  DBSTOW_ASSIGN(auto listed, chain.ListManifests());
  DBSTOW_ASSIGN(const Fences fences, chain.ListFences());
  std::erase_if(listed,
                [&](const auto& each) { return fences.confirmed.contains(each.name.session); });
  return listed;
}

Result<std::vector<BackupRecord>> ListRecords(const Chain& chain) {
  DBSTOW_ASSIGN(const auto listed, ListVisible(chain));
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
    if (selector == kLatest && !listed.empty()) return Selected{chain, listed.back().name};
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
