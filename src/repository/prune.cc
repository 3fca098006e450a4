#include "repository/prune.h"

#include <algorithm>

#include "repository/chain_order.h"
#include "repository/chain_snapshot.h"
#include "repository/fence.h"
#include "repository/sweep.h"

namespace dbstow::repository {
namespace {

OpenSession Describe(const Intent& intent) {
  return {ToText(intent.session), intent.since,
          intent.purpose == Intent::Purpose::kWrite ? "write" : "read"};
}

// The rest of what depends on clocks: rules by period and age take a time for what it says.
void WarnOfClocks(PrunePlan& plan, TimePoint now) {
  for (const PrunePoint& each : plan.points) {
    if (each.time <= now + kClockTolerance) continue;
    plan.warnings.push_back("it is " + FormatTime(now) + " here, but backup " + each.id +
                            " says that it began at " + FormatTime(each.time) +
                            ": a clock is or was wrong, and rules by day or age go by it");
  }
}

void WarnOfAnnouncement(PrunePlan& plan, const Intent& intent, TimePoint now) {
  plan.warnings.push_back("it is " + FormatTime(now) + " here, but a session (" +
                          Describe(intent).purpose + ") was announced at " +
                          FormatTime(intent.since) +
                          ": a clock is or was wrong. What it uses stays until it ends, or "
                          "fence_after has passed since "
                          "a prune with --confirm first saw it");
}

// One run over one chain.
class Pruner {
 public:
  Pruner(const Chain& chain, const PrunePlan& plan, const CheckContext& context)
      : chain_(chain), plan_(plan), context_(context) {}

  Result<PruneReport> Run() {
    DBSTOW_TRY(FenceDeadSessions());
    DBSTOW_TRY(NoteSessionsAhead());
    DBSTOW_TRY(Mark());
    auto done = RemoveMarked();
    if (done) done = Sweep(chain_, context_, report_);
    // From here on this pruner deletes nothing more, so its mark has no meaning, whatever happened.
    if (!own_mark_.empty()) {
      auto unmarked = chain_.store().Delete(own_mark_);
      if (done) done = std::move(unmarked);
    }
    if (!done) {
      if (report_.removed.empty()) return std::move(done).error();
      report_.failure = std::move(done).error();
    }
    return std::move(report_);
  }

 private:
  Result<void> FenceDeadSessions() {
    for (const OpenSession& each : plan_.sessions_to_fence) {
      DBSTOW_TRY(CheckStillWanted(chain_, context_));
      if (const auto session = SessionIdFromText(each.session)) DBSTOW_TRY(FenceDead(*session));
    }
    return {};
  }

  Result<void> FenceDead(const SessionId& session) {
    DBSTOW_ASSIGN(const bool fenced, FenceSession(chain_, session));
    if (fenced) report_.fenced.push_back(ToText(session));
    return {};
  }

  // From now on its age is known by a clock that does not run ahead.
  Result<void> NoteSessionsAhead() {
    DBSTOW_ASSIGN(const auto intents, chain_.ListIntents());
    DBSTOW_ASSIGN(const Fences fences, chain_.ListFences());
    const TimePoint now = chain_.environment().ports.clock.Now();
    for (const ListedIntent& each : intents) {
      const SessionId& session = each.intent.session;
      if (!each.intent.IsAhead(now) || fences.confirmed.contains(session)) continue;
      const auto seen = fences.seen.find(session);
      if (seen != fences.seen.end() && seen->second <= now) continue;
      DBSTOW_TRY(chain_.PutSighting(session));
    }
    return {};
  }

  Result<void> Mark() {
    const std::vector<std::string> removed = plan_.RemovedIds();
    const std::set<std::string> ids(removed.begin(), removed.end());
    DBSTOW_ASSIGN(const auto listed, chain_.ListManifests());
    for (const ListedManifest& each : listed) {
      if (ids.contains(each.name.backup_id)) targets_.insert(each.name.Text());
    }
    if (targets_.empty()) return {};
    DBSTOW_TRY(CheckStillWanted(chain_, context_));
    DBSTOW_ASSIGN(own_mark_, chain_.PutMark(targets_));
    return {};
  }

  // Everything below is read after the own mark was put: what is announced later sees the mark.
  Result<void> RemoveMarked() {
    if (targets_.empty()) return {};
    DBSTOW_ASSIGN(const auto marks, chain_.ListMarks());
    DBSTOW_ASSIGN(const ChainSnapshot snapshot, ChainSnapshot::Take(chain_, plan_.policy));
    DBSTOW_ASSIGN(const auto floor, ProtectedIds(marks, snapshot));
    for (const ListedManifest& each : snapshot.finished) {
      DBSTOW_TRY(Remove(each, snapshot, floor));
    }
    for (const ListedManifest& each : snapshot.unended) {
      DBSTOW_ASSIGN(const bool removed, Remove(each, snapshot, floor));
      // Nothing of it is left, so now its session can be given up.
      if (removed) DBSTOW_TRY(FenceDead(each.name.session));
    }
    return {};
  }

  // False when it is no target, or spared.
  Result<bool> Remove(const ListedManifest& manifest, const ChainSnapshot& snapshot,
                      const std::set<std::string>& floor) {
    const std::string name = manifest.name.Text();
    if (!targets_.contains(name)) return false;
    if (snapshot.IsUsed(name) || floor.contains(manifest.name.backup_id)) {
      report_.spared.push_back(manifest.name.backup_id);
      return false;
    }
    DBSTOW_TRY(CheckStillWanted(chain_, context_));
    DBSTOW_TRY(chain_.store().Delete(chain_.layout().Manifest(name)));
    report_.removed.push_back(manifest.name.backup_id);
    return true;
  }

  // The floor again, on what is there now. What other pruners have marked counts as gone, also
  // where it is marked by this one: what they spare is theirs to say, and they may know of other
  // checks. Each of two that run at once sees the other's mark, or is seen.
  Result<std::set<std::string>> ProtectedIds(const std::vector<PruneMark>& marks,
                                             const ChainSnapshot& snapshot) {
    DBSTOW_ASSIGN(const ChainCandidates candidates, ReadCandidates(chain_, snapshot, context_));
    std::set<std::string> all;
    for (const RetentionCandidate& each : candidates.backups) all.insert(each.id);
    std::set<std::string> going;
    for (const PruneMark& mark : marks) {
      if (mark.key == own_mark_) continue;
      if (mark.damaged) return all;
      for (const std::string& name : mark.names) {
        if (const auto parsed = ManifestName::Parse(name)) going.insert(parsed->backup_id);
      }
    }
    return FloorBeside(candidates.backups, going, plan_.policy.floor_verified);
  }

  const Chain& chain_;
  const PrunePlan& plan_;
  const CheckContext& context_;
  std::set<std::string> targets_;  // manifest names
  std::string own_mark_;
  PruneReport report_;
};

}  // namespace

std::vector<std::string> PrunePlan::RemovedIds() const {
  std::vector<std::string> ids;
  for (const PrunePoint& each : points) {
    if (!each.keep()) ids.push_back(each.id);
  }
  return ids;
}

Result<PrunePlan> PlanChainPrune(const Chain& chain, const RetentionPolicy& policy,
                                 const CheckContext& context) {
  const TimePoint now = chain.environment().ports.clock.Now();
  PrunePlan plan;
  plan.instance = chain.instance();
  plan.policy = policy;
  DBSTOW_ASSIGN(const ChainSnapshot snapshot, ChainSnapshot::Take(chain, policy));
  DBSTOW_ASSIGN(ChainCandidates candidates, ReadCandidates(chain, snapshot, context));
  for (const std::string& problem : candidates.problems) {
    plan.warnings.push_back(problem + ": it is kept, and with it every pack, as it may need any");
  }
  plan.points = DecideRetention(std::move(candidates.backups), policy, now);
  WarnOfClocks(plan, now);
  for (const ListedIntent& each : snapshot.intents) {
    const SessionId& session = each.intent.session;
    // One that has its manifest cannot be fenced; it goes when retention removes that.
    if (snapshot.committed.contains(session) && !snapshot.fences.confirmed.contains(session)) {
      continue;
    }
    if (TakenForDead(each.intent, snapshot.fences, policy, now)) {
      plan.sessions_to_fence.push_back(Describe(each.intent));
    } else if (each.intent.IsAhead(now)) {
      WarnOfAnnouncement(plan, each.intent, now);
    }
  }
  return plan;
}

Result<PruneReport> PruneChain(const Chain& chain, const PrunePlan& plan,
                               const CheckContext& context) {
  return Pruner(chain, plan, context).Run();
}

}  // namespace dbstow::repository
