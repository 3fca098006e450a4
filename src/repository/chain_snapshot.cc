#include "repository/chain_snapshot.h"

#include <algorithm>
#include <set>

#include "repository/chain_order.h"

namespace dbstow::repository {

bool TakenForDead(const Intent& intent, const Fences& fences, const RetentionPolicy& policy,
                  TimePoint now) {
  if (IsOver(intent.since, policy.fence_after, now)) return true;
  const auto seen = fences.seen.find(intent.session);
  return intent.IsAhead(now) && seen != fences.seen.end() &&
         IsOver(seen->second, policy.fence_after, now);
}

// Whoever put a manifest reads nothing more of the parent, whose packs the manifest names itself.
bool ChainSnapshot::IsUsed(const std::string& manifest_name) const {
  return std::ranges::any_of(intents, [&](const ListedIntent& each) {
    return each.intent.used_manifest == manifest_name &&
           !fences.confirmed.contains(each.intent.session) &&
           !committed.contains(each.intent.session);
  });
}

// A backup is finished when its manifest was there before the announcements were listed, its
// session was not among them, and its manifest is still there afterwards: a writer that takes its
// manifest back does so before it takes back its announcement.
Result<ChainSnapshot> ChainSnapshot::Take(const Chain& chain, const RetentionPolicy& policy) {
  const TimePoint now = chain.environment().ports.clock.Now();
  ChainSnapshot snapshot;
  DBSTOW_ASSIGN(const auto before, chain.ListManifests());
  DBSTOW_ASSIGN(snapshot.intents, chain.ListIntents());
  DBSTOW_ASSIGN(snapshot.fences, chain.ListFences());
  DBSTOW_ASSIGN(const auto after, chain.ListManifests());
  DBSTOW_ASSIGN(const auto verifications, chain.ListVerifications());
  snapshot.standings = StandingsOf(verifications);
  std::set<ManifestName> seen_before;
  for (const ListedManifest& each : before) {
    seen_before.insert(each.name);
    snapshot.committed.insert(each.name.session);
  }
  std::map<SessionId, const Intent*> announced;
  for (const ListedIntent& each : snapshot.intents) {
    announced.emplace(each.intent.session, &each.intent);
  }
  for (const ListedManifest& each : after) {
    if (snapshot.fences.confirmed.contains(each.name.session)) continue;
    if (!seen_before.contains(each.name)) continue;
    const auto writer = announced.find(each.name.session);
    if (writer == announced.end()) {
      snapshot.finished.push_back(each);
    } else if (TakenForDead(*writer->second, snapshot.fences, policy, now)) {
      snapshot.unended.push_back(each);
    }
  }
  return snapshot;
}

Result<ChainCandidates> ReadCandidates(const Chain& chain, const ChainSnapshot& snapshot,
                                       const CheckContext& context) {
  ChainCandidates candidates;
  std::vector<BackupRecord> records;
  std::vector<ListedManifest> all = snapshot.finished;
  all.insert(all.end(), snapshot.unended.begin(), snapshot.unended.end());
  std::set<std::string> unended;
  for (const ListedManifest& each : snapshot.unended) unended.insert(each.name.backup_id);
  for (const ListedManifest& each : all) {
    DBSTOW_TRY(CheckStillWanted(chain, context));
    auto head = chain.ReadHead(each);
    if (head) {
      records.push_back(std::move(head->record));
    } else if (IsUnreadable(head.error())) {
      candidates.problems.push_back(head.error().message());
    } else if (head.error().code() != ErrorCode::kNotFound) {
      return std::move(head).error();
    }
  }
  SortByMaking(records);
  const auto soundness = [&](const std::string& id) {
    const auto checked = snapshot.standings.find(id);
    const Soundness found =
        checked == snapshot.standings.end() ? Soundness::kUnchecked : checked->second.soundness();
    if (!unended.contains(id)) return found;
    return found == Soundness::kVerified ? Soundness::kVerifiedUnended : Soundness::kUnended;
  };
  for (const BackupRecord& each : records) {
    candidates.backups.push_back({each.id, each.started, each.retain_until, soundness(each.id)});
  }
  return candidates;
}

}  // namespace dbstow::repository
