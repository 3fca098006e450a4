#include "repository/sweep.h"

#include <algorithm>
#include <map>

namespace dbstow::repository {
namespace {

class Sweeper {
 public:
  Sweeper(const Chain& chain, const CheckContext& context, PruneReport& report)
      : chain_(chain), context_(context), report_(report) {}

  Result<void> Run() {
    DBSTOW_ASSIGN(const bool steady, LookUntilSteady());
    for (const ListedIntent& each : intents_) {
      if (!fences_.confirmed.contains(each.intent.session)) live_.insert(each.intent.session);
    }
    // Fenced manifests first: whoever still reads one finds it gone rather than damaged.
    DBSTOW_TRY(RemoveFencedDebris());
    if (steady) {
      DBSTOW_TRY(RemovePacks());
    } else {
      report_.problems.push_back("the packs of '" + chain_.instance() +
                                 "': other prunes removed backups while this one looked");
    }
    DBSTOW_TRY(RemoveOldMarks());
    DBSTOW_TRY(RemoveOldVerifications());
    return RemoveUnfinished();
  }

 private:
  Result<bool> LookUntilSteady() {
    constexpr int kMostLooks = 5;
    for (int look = 0; look < kMostLooks; ++look) {
      DBSTOW_ASSIGN(const bool steady, Look());
      if (steady) return true;
    }
    return false;
  }

  // The order of these lists is what makes it safe. A session that is not announced in the second
  // stored no pack of the first after it was made, and if it committed, its manifest is in the
  // last. Unless a manifest went meanwhile: then one that relied on its packs may have come after
  // the list, and ended, and what it needs is only known by looking again. False: one did go.
  Result<bool> Look() {
    DBSTOW_ASSIGN(packs_, chain_.store().List(chain_.layout().Packs()));
    DBSTOW_ASSIGN(intents_, chain_.ListIntents());
    DBSTOW_ASSIGN(const auto before, chain_.ListManifests());
    DBSTOW_ASSIGN(manifests_, chain_.ListManifests());
    // Fences that are confirmed stay so; when they are listed does not matter.
    DBSTOW_ASSIGN(fences_, chain_.ListFences());
    const bool all_there =
        std::ranges::includes(manifests_, before, {}, &ListedManifest::name, &ListedManifest::name);
    return all_there ? ReadNeededPacks() : Result<bool>(false);
  }

  Result<bool> ReadNeededPacks() {
    needed_.clear();
    for (const ListedManifest& each : manifests_) {
      if (fences_.confirmed.contains(each.name.session)) continue;
      DBSTOW_TRY(CheckStillWanted(chain_, context_));
      auto manifest = chain_.ReadManifest(each.name);
      if (!manifest && manifest.error().code() == ErrorCode::kNotFound) return false;
      if (!manifest) {
        return std::move(manifest).error().WithHint(
            "no pack was removed, as this backup may need any; remove that object by hand if the "
            "backup is given up");
      }
      for (const PackEntry& pack : manifest->packs) {
        needed_.insert(chain_.layout().Pack(pack.session, pack.digest));
      }
    }
    return true;
  }

  Result<void> RemovePacks() {
    for (const storage::ObjectInfo& each : packs_) {
      const auto parts = ParsePackKey(each.key);
      if (!parts) {
        report_.problems.push_back("object " + each.key +
                                   " is none of dbstow's and was left alone");
        continue;
      }
      if (needed_.contains(each.key) || live_.contains(parts->session)) continue;
      DBSTOW_TRY(Delete(each.key));
      ++report_.packs_removed;
      report_.bytes_removed += each.size;
    }
    return {};
  }

  // The confirmed fence itself stays for ever: its writer may only be asleep.
  Result<void> RemoveFencedDebris() {
    for (const ListedManifest& each : manifests_) {
      if (!fences_.confirmed.contains(each.name.session)) continue;
      DBSTOW_TRY(Delete(chain_.layout().Manifest(each.name.Text())));
    }
    for (const ListedIntent& each : intents_) {
      if (!fences_.confirmed.contains(each.intent.session)) continue;
      DBSTOW_TRY(Delete(each.key));
    }
    for (const std::string& key : fences_.pending_keys) {
      const std::string_view name = LastPart(key);
      const auto session = SessionIdFromText(name.substr(0, name.find('.')));
      if (session && fences_.confirmed.contains(*session)) DBSTOW_TRY(Delete(key));
    }
    for (const std::string& key : fences_.seen_keys) {
      const std::string_view name = LastPart(key);
      const auto session = SessionIdFromText(name.substr(0, name.find('.')));
      if (session && !live_.contains(*session)) DBSTOW_TRY(Delete(key));
    }
    return {};
  }

  // A mark whose manifests are all gone means nothing to anybody, be its pruner dead or alive. One
  // with manifests left stays: a pruner that is still alive may yet delete them.
  Result<void> RemoveOldMarks() {
    DBSTOW_ASSIGN(const auto marks, chain_.ListMarks());
    DBSTOW_ASSIGN(const auto listed, chain_.ListManifests());
    std::set<std::string> there;
    for (const ListedManifest& each : listed) there.insert(each.name.Text());
    for (const PruneMark& mark : marks) {
      if (mark.damaged) {
        report_.problems.push_back("object " + mark.key +
                                   " is a damaged prune mark; delete it once no prune is running");
        continue;
      }
      const bool gone = std::ranges::none_of(
          mark.names, [&](const std::string& name) { return there.contains(name); });
      if (gone) DBSTOW_TRY(Delete(mark.key));
    }
    return {};
  }

  // A check is recorded only of a manifest that is there, so one that is not listed now has gone.
  Result<void> RemoveOldVerifications() {
    DBSTOW_ASSIGN(const auto objects, chain_.store().List(chain_.layout().Verifications()));
    if (objects.empty()) return {};
    DBSTOW_ASSIGN(const auto listed, chain_.ListManifests());
    std::set<std::string> ids;
    for (const ListedManifest& each : listed) ids.insert(each.name.backup_id);
    for (const storage::ObjectInfo& each : objects) {
      const std::string_view name = LastPart(each.key);
      if (!ids.contains(std::string(name.substr(0, name.find('.'))))) {
        DBSTOW_TRY(Delete(each.key));
      }
    }
    return {};
  }

  // What was being stored when its process was killed is no object, so no list above has it.
  Result<void> RemoveUnfinished() {
    std::vector<std::string> prefixes = chain_.layout().Prefixes();
    prefixes.insert(prefixes.end(), kSharedPrefixes.begin(), kSharedPrefixes.end());
    for (const std::string& each : prefixes) {
      DBSTOW_TRY(CheckStillWanted(chain_, context_));
      const auto removed = chain_.store().RemoveDebris(each);
      if (!removed) {
        // It only takes room.
        report_.problems.push_back("what killed processes left below '" + each +
                                   "': " + removed.error().message());
        continue;
      }
      report_.unfinished_removed += removed->count;
      report_.bytes_removed += removed->bytes;
    }
    return {};
  }

  // Every object is deleted for a reason that holds by itself, so it can end after any of them.
  Result<void> Delete(const std::string& key) {
    DBSTOW_TRY(CheckStillWanted(chain_, context_));
    return chain_.store().Delete(key);
  }

  const Chain& chain_;
  const CheckContext& context_;
  PruneReport& report_;
  std::vector<storage::ObjectInfo> packs_;
  std::vector<ListedIntent> intents_;
  std::vector<ListedManifest> manifests_;
  Fences fences_;
  std::set<std::string> needed_;  // keys of packs
  std::set<SessionId> live_;
};

}  // namespace

Result<void> Sweep(const Chain& chain, const CheckContext& context, PruneReport& report) {
  return Sweeper(chain, context, report).Run();
}

}  // namespace dbstow::repository
