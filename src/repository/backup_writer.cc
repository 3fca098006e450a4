#include "repository/backup_writer.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "repository/chain_order.h"
#include "repository/page_sink.h"
#include "repository/parent_choice.h"
#include "repository/stream_sink.h"
#include "repository/write_session.h"

namespace dbstow::repository {
namespace {

class SessionWriter final : public BackupWriter {
 public:
  SessionWriter(std::shared_ptr<WriteSession> session, BackupRecord draft)
      : session_(std::move(session)), record_(std::move(draft)) {}
  ~SessionWriter() override;

  const std::string& id() const override { return record_.id; }
  const BackupRecord* parent() const override {
    const ParentBackup* parent = session_->parent();
    return parent == nullptr ? nullptr : &parent->manifest.head.record;
  }
  Result<std::unique_ptr<StreamSink>> AddStream(ItemSpec spec) override {
    return CreateStreamSink(session_, std::move(spec));
  }
  Result<std::unique_ptr<PageSink>> AddPages(ItemSpec spec, std::uint32_t page_size) override {
    return CreatePageSink(session_, std::move(spec), page_size);
  }
  Result<BackupRecord> Commit(BackupFacts facts) override;

 private:
  [[nodiscard]] Result<Manifest> BuildManifest(BackupFacts facts);
  [[nodiscard]] Result<std::vector<PackEntry>> Closure(const std::set<PackId>& needed,
                                                       const std::vector<PackEntry>& own) const;
  [[nodiscard]] Result<void> Publish(const Manifest& manifest);
  [[nodiscard]] Error TakeBack(Error reason);
  [[nodiscard]] std::string ManifestKey() const {
    return chain().layout().Manifest(ManifestName{record_.id, session_->intent().session}.Text());
  }
  [[nodiscard]] const Chain& chain() const { return session_->chain(); }

  const std::shared_ptr<WriteSession> session_;
  BackupRecord record_;
  /// While this holds, no manifest of ours is there, so the announcement may be taken back.
  bool unpublished_ = true;
};

SessionWriter::~SessionWriter() {
  if (!unpublished_) return;
  // What stays behind only delays a prune, until it is fenced as a dead session.
  [[maybe_unused]] const auto withdrawn = chain().Withdraw(session_->intent());
}

Result<std::vector<PackEntry>> SessionWriter::Closure(const std::set<PackId>& needed,
                                                      const std::vector<PackEntry>& own) const {
  std::map<PackId, PackEntry> known;
  for (const PackEntry& each : own) known.emplace(each.id, each);
  if (const ParentBackup* parent = session_->parent()) {
    for (const PackEntry& each : parent->manifest.packs) known.emplace(each.id, each);
  }
  std::vector<PackEntry> closure;
  for (const PackId& each : needed) {
    const auto found = known.find(each);
    if (found == known.end()) {
      return Error(ErrorCode::kInternal, "a pack that the backup needs is not accounted for");
    }
    closure.push_back(found->second);
  }
  return closure;
}

Result<Manifest> SessionWriter::BuildManifest(BackupFacts facts) {
  DBSTOW_ASSIGN(auto outcome, session_->End());
  DBSTOW_ASSIGN(const auto own, session_->packs().Finish());
  Manifest manifest;
  DBSTOW_ASSIGN(manifest.packs, Closure(outcome.needed, own));
  manifest.items = std::move(outcome.items);
  record_.finished = chain().environment().ports.clock.Now();
  record_.server_version = std::move(facts.server_version);
  record_.server_reference = std::move(facts.server_reference);
  record_.details = std::move(facts.details);
  record_.fingerprints = std::move(facts.fingerprints);
  record_.warnings = std::move(facts.warnings);
  record_.warnings.insert(record_.warnings.end(), outcome.warnings.begin(), outcome.warnings.end());
  for (const ItemEntry& each : manifest.items) {
    record_.bytes.read += each.summary.bytes_read;
    record_.bytes.stored += each.summary.bytes_stored;
    record_.bytes.reused += each.summary.bytes_reused;
  }
  manifest.head.record = record_;
  const ParentBackup* parent = session_->parent();
  manifest.head.chain_depth = parent == nullptr ? 1 : parent->manifest.head.chain_depth + 1;
  return manifest;
}

// Our manifest may or may not be there. The announcement stays until it certainly is not: others
// must not take an unfinished backup for a finished one.
Error SessionWriter::TakeBack(Error reason) {
  if (auto removed = chain().store().Delete(ManifestKey()); !removed) {
    return std::move(reason).WithRetry(Retry::kOutcomeUnknown);
  }
  unpublished_ = true;
  return reason;
}

Result<void> SessionWriter::Publish(const Manifest& manifest) {
  const Environment& environment = chain().environment();
  const std::string key = ManifestKey();
  DBSTOW_ASSIGN(const Bytes bytes,
                SealManifest(manifest, LastPart(key), environment.keyring->current(),
                             environment.ports.random));
  unpublished_ = false;
  if (auto put = chain().store().Put(key, bytes); !put) return TakeBack(std::move(put).error());
  auto fences = chain().ListFences();
  if (!fences) return TakeBack(std::move(fences).error());
  if (!fences->Any(session_->intent().session)) return {};
  return TakeBack(
      Error(ErrorCode::kConflict,
            "backup " + record_.id + " was given up for dead while it ran and is not kept")
          .WithHint("run it again; a longer fence_after keeps prune from doing this"));
}

Result<BackupRecord> SessionWriter::Commit(BackupFacts facts) {
  DBSTOW_ASSIGN(const Manifest manifest, BuildManifest(std::move(facts)));
  DBSTOW_TRY(Publish(manifest));
  BackupRecord record = manifest.head.record;
  if (auto withdrawn = chain().Withdraw(session_->intent()); !withdrawn) {
    record.warnings.push_back("the backup is complete, but still announced as running: " +
                              withdrawn.error().message());
  }
  return record;
}

// The newest id that is there; empty when there is none. A name that is none of ours hides no
// other.
Result<std::string> NewestId(const Chain& chain) {
  DBSTOW_ASSIGN(const auto listed, chain.ListManifests());
  for (const ListedManifest& each : std::views::reverse(listed)) {
    if (CompactTimeFromText(SecondOf(each.name.backup_id))) return each.name.backup_id;
  }
  return std::string();
}

std::string ClockWarning(const std::string& newest, TimePoint now, const std::string& own) {
  return "it is " + FormatTime(now) + " here, but the newest backup of the chain, " + newest +
         ", is dated later: the clock of this machine or of the one that made it is or was wrong. "
         "This backup is dated after it, " +
         own + ", so that `latest` means this one";
}

}  // namespace

Result<std::unique_ptr<BackupWriter>> BeginBackup(const Chain& chain, const BackupPlan& plan) {
  if (plan.instance.empty()) {
    return Error(ErrorCode::kInvalidOptions, "a backup needs the name of its instance");
  }
  const RepositoryPorts& ports = chain.environment().ports;
  const std::string marker = std::string(kInstancePrefix) + InstanceKeyPart(plan.instance);
  DBSTOW_TRY(ports.store.Put(marker, AsBytes(plan.instance)));
  BackupRecord draft;
  draft.started = ports.clock.Now();
  // What is committed by now comes before this one, whatever the clocks say.
  DBSTOW_ASSIGN(std::string newest, NewestId(chain));
  DBSTOW_ASSIGN(BegunSession begun, BeginSession(chain, plan));
  if (begun.parent) newest = std::max(newest, begun.parent->name.backup_id);
  const TimePoint id_time = TimeForId(draft.started, newest);
  draft.id = GenerateBackupId(id_time, ports.random);
  if (id_time > draft.started + kClockTolerance) {
    begun.warnings.push_back(ClockWarning(newest, draft.started, draft.id));
  }
  draft.instance = plan.instance;
  draft.engine = plan.engine;
  draft.type = plan.type;
  draft.correlation_id = plan.correlation_id;
  draft.tool_version = DBSTOW_VERSION;
  if (begun.parent) draft.parent_id = begun.parent->name.backup_id;
  auto session = std::make_shared<WriteSession>(chain, std::move(begun.intent),
                                                std::move(begun.parent), plan.stages);
  for (std::string& each : begun.warnings) session->Warn(std::move(each));
  return std::unique_ptr<BackupWriter>(
      std::make_unique<SessionWriter>(std::move(session), std::move(draft)));
}

}  // namespace dbstow::repository
