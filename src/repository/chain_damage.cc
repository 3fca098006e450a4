#include "repository/chain_damage.h"

#include <algorithm>

namespace dbstow::repository {
namespace {

using Sizes = std::map<std::string, std::uint64_t>;

// A store lists with size 0 also what it cannot look at: then nothing is known of it.
std::string WhyUnreadable(storage::ObjectStore& store, const std::string& key) {
  Bytes first(1);
  const auto read = store.GetRange(key, 0, first);
  const bool unknown = !read && (read.error().code() == ErrorCode::kIoError ||
                                 read.error().code() == ErrorCode::kPermissionDenied);
  return unknown ? read.error().message() : "";
}

// What is listed of a pack: itself, or else the folder of its session where that is closed.
Sizes::const_iterator FindListed(const Sizes& sizes, const std::string& key) {
  const auto found = sizes.find(key);
  return found != sizes.end() ? found : sizes.find(key.substr(0, key.rfind('/')));
}

}  // namespace

Result<void> ChainDamage::Load(const Chain& chain) {
  DBSTOW_ASSIGN(const auto listed, chain.ListManifests());
  DBSTOW_ASSIGN(const Fences fences, chain.ListFences());
  for (const ListedManifest& each : listed) {
    if (fences.confirmed.contains(each.name.session)) continue;
    auto manifest = chain.ReadManifest(each.name);
    if (manifest) {
      for (const PackEntry& pack : manifest->packs) {
        const std::string key = chain.layout().Pack(pack.session, pack.digest);
        packs_.emplace(key, pack);
        needed_by_[key].insert(each.name);
      }
      manifests_.emplace(each.name, *std::move(manifest));
    } else if (manifest.error().code() == ErrorCode::kCorrupt) {
      const Error* cause = manifest.error().cause();
      bad_manifests_.emplace(
          each.name, DamagedObject{chain.layout().Manifest(each.name.Text()),
                                   cause != nullptr ? cause->message() : manifest.error().message(),
                                   {each.name.backup_id}});
    } else if (manifest.error().code() != ErrorCode::kNotFound) {
      unread_manifests_.emplace(each.name, manifest.error().message());
    }
  }
  return {};
}

bool ChainDamage::Needs(const ManifestName& name, const std::string& pack_key) const {
  const auto found = needed_by_.find(pack_key);
  return found != needed_by_.end() && found->second.contains(name);
}

void ChainDamage::AddPackProblem(const std::string& pack_key, const std::string& problem) {
  problems_.try_emplace(pack_key, problem);
}

void ChainDamage::AddUnknownPack(const std::string& pack_key, const std::string& reason) {
  unknown_.try_emplace(pack_key, reason);
}

Result<std::vector<storage::ObjectInfo>> ChainDamage::CheckPresence(
    const Chain& chain, const std::set<ManifestName>& names) {
  DBSTOW_ASSIGN(auto objects, chain.store().List(chain.layout().Packs()));
  Sizes sizes;
  for (const storage::ObjectInfo& each : objects) sizes[each.key] = each.size;
  for (const auto& [key, pack] : packs_) {
    const auto& users = needed_by_.at(key);
    if (std::ranges::none_of(users, [&](const auto& user) { return names.contains(user); })) {
      continue;
    }
    const auto found = FindListed(sizes, key);
    if (found == sizes.end()) {
      AddPackProblem(key, "missing");
    } else if (const auto why =
                   found->second == 0 ? WhyUnreadable(chain.store(), key) : std::string();
               !why.empty()) {
      AddUnknownPack(key, why);
    } else if (found->first == key && found->second != pack.size) {
      AddPackProblem(
          key, "has " + std::to_string(found->second) + " bytes, not " + std::to_string(pack.size));
    }
  }
  return objects;
}

std::vector<std::string> ChainDamage::AffectedBy(const std::string& pack_key) const {
  std::vector<std::string> ids;
  for (const ManifestName& each : needed_by_.at(pack_key)) ids.push_back(each.backup_id);
  return ids;
}

VerifiedBackup ChainDamage::VerdictOn(const Chain& chain, const ManifestName& name) const {
  VerifiedBackup verdict{name.backup_id, chain.instance(), VerifyOutcome::kPassed, ""};
  if (const auto bad = bad_manifests_.find(name); bad != bad_manifests_.end()) {
    verdict.outcome = VerifyOutcome::kFailed;
    verdict.reason = "its manifest " + bad->second.key + " is damaged: " + bad->second.problem;
    return verdict;
  }
  if (const auto unread = unread_manifests_.find(name); unread != unread_manifests_.end()) {
    verdict.outcome = VerifyOutcome::kCouldNotVerify;
    verdict.reason = unread->second;
    return verdict;
  }
  for (const auto& [key, reason] : unknown_) {
    if (!Needs(name, key)) continue;
    verdict.outcome = VerifyOutcome::kCouldNotVerify;
    verdict.reason = key + ": " + reason;
  }
  for (const auto& [key, problem] : problems_) {
    if (!Needs(name, key)) continue;
    verdict.outcome = VerifyOutcome::kFailed;
    verdict.reason = "it needs " + key + ": " + problem;
    break;
  }
  return verdict;
}

std::vector<DamagedObject> ChainDamage::Damaged() const {
  std::vector<DamagedObject> damaged;
  for (const auto& [name, object] : bad_manifests_) damaged.push_back(object);
  for (const auto& [key, problem] : problems_) damaged.push_back({key, problem, AffectedBy(key)});
  return damaged;
}

}  // namespace dbstow::repository
