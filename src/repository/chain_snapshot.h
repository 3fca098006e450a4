#pragma once

#include <map>
#include <vector>

#include "repository/chain.h"
#include "repository/verification.h"

namespace dbstow::repository {

/// The backups of a chain that are finished for certain, and what is announced.
struct ChainSnapshot {
  std::vector<ListedManifest> finished;  ///< their writers have ended and nothing can undo them
  std::vector<ListedManifest> unfinished;
  std::vector<ListedIntent> intents;
  std::map<std::string, Standing> standings;  ///< by backup id
  Fences fences;

  [[nodiscard]] bool IsUsed(const std::string& manifest_name) const;
  [[nodiscard]] static Result<ChainSnapshot> Take(const Chain& chain);
};

/// What retention decides about: the finished backups with their times.
struct ChainCandidates {
  std::vector<RetentionCandidate> backups;  ///< in the order of making, oldest first
  std::vector<std::string> problems;        ///< unreadable manifests; they are never removed
};
[[nodiscard]] Result<ChainCandidates> ReadCandidates(const Chain& chain,
                                                     const ChainSnapshot& snapshot,
                                                     const CheckContext& context);

}  // namespace dbstow::repository
