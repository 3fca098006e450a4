#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "repository/chain.h"
#include "repository/verification.h"

namespace dbstow::repository {

/// True for a session that was announced so long ago that it has ended most likely. One dated ahead
/// by a wrong clock counts from when a prune first saw it.
[[nodiscard]] bool TakenForDead(const Intent& intent, const Fences& fences,
                                const RetentionPolicy& policy, TimePoint now);

/// The backups of a chain that are finished for certain, and what is announced.
struct ChainSnapshot {
  std::vector<ListedManifest> finished;  ///< their writers have ended and nothing can undo them
  /// Their writers are still announced, but taken for dead. Nobody builds upon these, and they
  /// count for no other: their writers may be asleep and yet take them back. But they may go, as
  /// any finished backup may.
  std::vector<ListedManifest> unended;
  std::vector<ListedIntent> intents;
  std::map<std::string, Standing> standings;  ///< by backup id
  Fences fences;

  std::set<SessionId> committed;  ///< had their manifests before `intents` were listed

  /// By a reader, or by a writer that has yet to put the manifest that names what it needs.
  [[nodiscard]] bool IsUsed(const std::string& manifest_name) const;
  [[nodiscard]] static Result<ChainSnapshot> Take(const Chain& chain,
                                                  const RetentionPolicy& policy);
};

/// What retention decides about: the finished and unended backups with their times.
struct ChainCandidates {
  std::vector<RetentionCandidate> backups;  ///< in the order of making, oldest first
  std::vector<std::string> problems;        ///< unreadable manifests; they are never removed
};
[[nodiscard]] Result<ChainCandidates> ReadCandidates(const Chain& chain,
                                                     const ChainSnapshot& snapshot,
                                                     const CheckContext& context);

}  // namespace dbstow::repository
