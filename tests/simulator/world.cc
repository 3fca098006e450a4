#include "simulator/world.h"

#include <algorithm>

#include "repository/layout.h"
#include "repository/verification.h"

namespace dbstow::simulator {

using repository::ChainLayout;
using repository::LastPart;
using repository::ManifestName;

World::World(std::uint64_t seed, Mutation given) : random(seed), baton(random), mutation(given) {}

void World::Violate(std::string what) {
  if (!violation) violation = "step " + std::to_string(step) + ": " + std::move(what);
}

void World::CheckNoneLater(const std::string& id, const std::vector<std::string>& others) {
  const auto& committed_at = attempts[id].committed_at;
  if (!committed_at) return Violate("backup " + id + " is the newest, but was never there");
  for (const std::string& other : others) {
    if (other == id || attempts[other].began_at < *committed_at) continue;
    Violate("backup " + id + " is taken for the newest, but " + other + " was made after it");
  }
}

bool World::IsFenced(const repository::SessionId& session) const {
  return objects.contains(ChainLayout(kInstance).Fences() + ToText(session) + ".confirmed");
}

bool World::HasManifest(const std::string& intent_key) const {
  const auto intent = repository::ParseIntent(intent_key);
  return intent && std::ranges::any_of(manifests_, [&](const auto& each) {
           return each.second.name.session == intent->session;
         });
}

std::vector<std::string> World::Kept() const {
  std::vector<std::string> ids;
  for (const auto& [id, attempt] : attempts) {
    if (attempt.reported && !attempt.deleted) ids.push_back(id);
  }
  return ids;
}

void World::CheckNeeds(const Needs& needs) {
  if (IsFenced(needs.name.session)) return;
  for (const std::string& pack : needs.packs) {
    if (!objects.contains(pack)) {
      Violate("manifest " + needs.name.Text() + " misses pack " + pack);
    }
  }
}

void World::ManifestCame(const std::string& key) {
  const auto name = ManifestName::Parse(LastPart(key));
  if (!name || !keyring) return Violate("a manifest has a bad name: " + key);
  const auto manifest = repository::OpenManifest(objects[key], name->Text(), *keyring);
  if (!manifest) return Violate("a manifest does not open: " + key);
  Needs needs{*name, {}};
  const ChainLayout layout(kInstance);
  for (const repository::PackEntry& each : manifest->packs) {
    needs.packs.insert(layout.Pack(each.session, each.digest));
  }
  CheckNeeds(needs);
  attempts[name->backup_id].committed_at = step;
  manifests_.insert_or_assign(key, std::move(needs));
}

void World::AfterPut(const std::string& key) {
  if (key.find("/m/") != std::string::npos) ManifestCame(key);
  // What counts is what is stored, also when its answer was lost.
  if (key.find("/verify/") != std::string::npos) {
    const auto check = repository::ParseVerification(LastPart(key));
    if (check) attempts[check->backup_id].verified_at = step;
  }
  if (!key.ends_with(".confirmed")) return;
  for (const auto& [manifest, needs] : manifests_) {
    const auto attempt = attempts.find(needs.name.backup_id);
    if (IsFenced(needs.name.session) && attempt != attempts.end() && attempt->second.reported) {
      Violate("backup " + needs.name.backup_id + " was reported and is fenced");
    }
  }
}

// Its backup counts, although nobody lived to report it.
bool World::Ended(const repository::SessionId& session) const {
  const std::string intent = ChainLayout(kInstance).Intents() + ToText(session);
  const auto found = objects.lower_bound(intent);
  const bool announced = found != objects.end() && found->first.starts_with(intent);
  return !announced && !IsFenced(session);
}

void World::CheckRemoval(const std::string& id, const Deleter& deleter) {
  const auto found = attempts.find(id);
  if (found == attempts.end()) return;
  const bool reported = found->second.reported;
  if (!reported && deleter.may_remove == nullptr) return;  // its writer takes it back
  if (deleter.may_remove == nullptr || !deleter.may_remove->contains(id)) {
    Violate("backup " + id + " is deleted by somebody who may not");
  }
  found->second.deleted = true;
  if (!reported) return;
  // What was verified after the pruner looked may not have counted for it.
  const bool was_verified =
      found->second.verified_at && *found->second.verified_at < deleter.marked_at;
  std::uint32_t left = 0;
  std::uint32_t verified_left = 0;
  for (const auto& [manifest, needs] : manifests_) {
    const Attempt& attempt = attempts[needs.name.backup_id];
    if (needs.name.backup_id == id || !(attempt.reported || Ended(needs.name.session))) continue;
    ++left;
    if (attempt.verified_at) ++verified_left;
  }
  if (left < floor || (was_verified && verified_left < floor)) {
    Violate("deleting backup " + id + " leaves " + std::to_string(left) + " backups, " +
            std::to_string(verified_left) + " verified, below the floor of " +
            std::to_string(floor));
  }
}

void World::BeforeDelete(const std::string& key, const Deleter& deleter) {
  if (!objects.contains(key)) return;
  if (key.find("/m/") != std::string::npos) {
    const auto name = ManifestName::Parse(LastPart(key));
    if (name && !IsFenced(name->session)) CheckRemoval(name->backup_id, deleter);
    manifests_.erase(key);
    return;
  }
  if (key.find("/packs/") == std::string::npos) return;
  for (const auto& [manifest, needs] : manifests_) {
    if (needs.packs.contains(key) && !IsFenced(needs.name.session)) {
      Violate("pack " + key + " is deleted, but manifest " + needs.name.Text() + " needs it");
    }
  }
}

}  // namespace dbstow::simulator
