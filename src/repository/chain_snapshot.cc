#include "repository/chain_snapshot.h"

#include <algorithm>
#include <set>

#include "repository/chain_order.h"

namespace dbstow::repository {

bool ChainSnapshot::IsUsed(const std::string& manifest_name) const {
  return std::ranges::any_of(intents, [&](const ListedIntent& each) {
    return each.intent.used_manifest == manifest_name &&
           !fences.confirmed.contains(each.intent.session);
  });
}

// A backup is finished when its manifest was there before the announcements were listed, its
// session was not among them, and its manifest is still there afterwards: a writer that takes its
// manifest back does so before it takes back its announcement.
Result<ChainSnapshot> ChainSnapshot::Take(const Chain& chain) {
  ChainSnapshot snapshot;
  DBSTOW_ASSIGN(const auto before, chain.ListManifests());
  DBSTOW_ASSIGN(snapshot.intents, chain.ListIntents());
  DBSTOW_ASSIGN(snapshot.fences, chain.ListFences());
  DBSTOW_ASSIGN(const auto after, chain.ListManifests());
  DBSTOW_ASSIGN(const auto verifications, chain.ListVerifications());
  snapshot.standings = StandingsOf(verifications);
  std::set<ManifestName> seen_before;
  for (const ListedManifest& each : before) seen_before.insert(each.name);
  std::set<SessionId> announced;
  for (const ListedIntent& each : snapshot.intents) announced.insert(each.intent.session);
  for (const ListedManifest& each : after) {
    if (snapshot.fences.confirmed.contains(each.name.session)) continue;
    const bool finished = seen_before.contains(each.name) && !announced.contains(each.name.session);
    (finished ? snapshot.finished : snapshot.unfinished).push_back(each);
  }
  return snapshot;
}

Result<ChainCandidates> ReadCandidates(const Chain& chain, const ChainSnapshot& snapshot,
                                       const CheckContext& context) {
  ChainCandidates candidates;
  std::vector<BackupRecord> records;
  for (const ListedManifest& each : snapshot.finished) {
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
  for (const BackupRecord& each : records) {
    const auto checked = snapshot.standings.find(each.id);
    candidates.backups.push_back({each.id, each.started, each.retain_until,
                                  checked == snapshot.standings.end()
                                      ? Soundness::kUnchecked
                                      : checked->second.soundness()});
  }
  return candidates;
}

}  // namespace dbstow::repository
