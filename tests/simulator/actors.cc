#include "simulator/actors.h"

#include <algorithm>

#include "repository/chain.h"
#include "repository/key_slots.h"

namespace dbstow::simulator {

using repository::Repository;

namespace {

constexpr std::uint32_t kPageSize = 512;

repository::RepositoryTuning TinyPacks() {
  repository::RepositoryTuning tuning;
  tuning.pack_bytes = 2048;
  tuning.zstd_level = 1;
  return tuning;
}

}  // namespace

Actor::Actor(World& world, Role role, const SecretString& passphrase)
    : world_(world),
      passphrase_(passphrase),
      store_(world, role),
      clock_(world),
      random_(world.random.Next()) {}

Result<void> Actor::CreateRepository() {
  DBSTOW_ASSIGN(repository_, Repository::Create({store_, clock_, random_}, {passphrase_},
                                                {io::KdfCost::Cheapest()}, TinyPacks()));
  DBSTOW_ASSIGN(auto unlocked, repository::UnlockRepository(store_, passphrase_));
  world_.keyring = std::move(unlocked.keyring);
  return {};
}

Result<void> Actor::OpenRepository() {
  DBSTOW_ASSIGN(repository_,
                Repository::Open({store_, clock_, random_}, {passphrase_}, TinyPacks()));
  return {};
}

// A few pages of an evolving database: some change from backup to backup, some do not.
test::BackupContent Actor::NextContent() {
  test::BackupContent content;
  const std::size_t pages = 2 + world_.random.Below(6);
  Bytes bytes(pages * kPageSize);
  for (std::size_t page = 0; page < pages; ++page) {
    const std::uint64_t version = world_.random.Below(3);
    test::FakeRandom fill(page * 16 + version);
    if (version != 0 || page != 0) {
      fill.Fill(MutableByteView(bytes).subspan(page * kPageSize, kPageSize));
    }
  }
  content.pages["main"] = {kPageSize, std::move(bytes)};
  content.streams["dump"] = test::Text(200 + world_.random.Below(2) * 1000, world_.random.Below(3));
  return content;
}

Result<std::string> Actor::WriteBackup(const test::BackupContent& content) {
  BackupPlan plan;
  plan.instance = kInstance;
  plan.engine = "simulated";
  Attempt attempt;
  attempt.began_at = world_.step;
  DBSTOW_ASSIGN(auto writer, repository_->Begin(plan));
  attempt.content = content;
  world_.attempts[writer->id()] = std::move(attempt);
  DBSTOW_TRY(test::Fill(*writer, content));
  DBSTOW_ASSIGN(const BackupRecord record, writer->Commit({}));
  return record.id;
}

void Actor::WriteBackups(int count) {
  for (int i = 0; i < count && !store_.dead(); ++i) {
    const auto id = WriteBackup(NextContent());
    if (!id) continue;
    world_.attempts[*id].reported = true;
    CheckReported(*id);
  }
}

void Actor::CheckReported(const std::string& id) {
  for (const auto& [key, bytes] : world_.objects) {
    if (key.find("/m/" + id) == std::string::npos) continue;
    const auto name = repository::ManifestName::Parse(repository::LastPart(key));
    if (name && world_.IsFenced(name->session)) {
      world_.Violate("backup " + id + " is reported although its session is fenced");
    }
    return;
  }
  // Retention may have removed it while its writer slept before the last step.
  if (!world_.attempts[id].deleted) {
    world_.Violate("backup " + id + " is reported, but has no manifest");
  }
}

void Actor::CompareWithAttempt(const std::string& id) {
  auto reader = repository_->Open(id, kInstance);
  if (!reader) {
    if (reader.error().code() == ErrorCode::kCorrupt) world_.Violate(reader.error().ToString());
    return;
  }
  const auto content = test::ReadAll(**reader);
  if (!content) {
    if (content.error().code() == ErrorCode::kCorrupt) world_.Violate(content.error().ToString());
    return;
  }
  const auto attempt = world_.attempts.find(id);
  if (attempt == world_.attempts.end() || attempt->second.content != *content) {
    world_.Violate("backup " + id + " does not restore what was written");
  }
}

void Actor::ReadSomeBackup() {
  const auto records = repository_->List(kInstance);
  if (!records || records->empty()) return;
  CompareWithAttempt((*records)[world_.random.Below(records->size())].id);
}

void Actor::VerifyNewest() {
  const auto records = repository_->List(kInstance);
  if (!records || records->empty()) return;
  const std::string& id = (*records)[world_.random.Below(records->size())].id;
  const auto report = repository_->Verify(id, kInstance, 1);
  if (!report || report->outcome() != repository::VerifyOutcome::kPassed) return;
  // The world sees whether it was stored.
  [[maybe_unused]] const auto recorded = repository_->RecordVerification(
      {id, kInstance, 1, repository::VerifyOutcome::kPassed, clock_.Now()});
}

RetentionPolicy Actor::SomePolicy() {
  RetentionPolicy policy;
  policy.keep_last = 1 + static_cast<std::uint32_t>(world_.random.Below(2));
  if (world_.random.Chance(3000)) policy.keep_daily = 1;
  policy.floor_verified = world_.floor;
  // At once, or only after a jump of the clock.
  policy.fence_after = world_.random.Chance(5000) ? std::chrono::hours(0) : std::chrono::hours(24);
  return policy;
}

void Actor::PruneOnce() {
  auto plan = repository_->PlanPrune(kInstance, SomePolicy());
  if (!plan) return;
  std::vector<std::string> planned;
  for (const repository::PrunePoint& each : plan->points) planned.push_back(each.id);
  if (!planned.empty()) world_.CheckNoneLater(planned.back(), planned);
  // Ordinary policies never drop the newest backup, which is the one that writers build upon. A
  // plan is a value, and the protocol must hold for any.
  for (repository::PrunePoint& each : plan->points) {
    if (world_.random.Chance(4000)) each.reasons.clear();
  }
  const std::vector<std::string> removed = plan->RemovedIds();
  store_.may_remove = {removed.begin(), removed.end()};
  const auto report = repository_->Prune(*plan);
  const Error* failure = nullptr;
  if (!report) failure = &report.error();
  if (report && report->failure) failure = &*report->failure;
  if (failure != nullptr && failure->code() == ErrorCode::kCorrupt) {
    world_.Violate(failure->ToString());
  }
}

void Actor::FenceSomeSession() {
  const auto report = repository_->Check();
  if (!report || report->open_sessions.empty()) return;
  const auto& sessions = report->open_sessions;
  const auto fenced =
      repository_->Fence(kInstance, sessions[world_.random.Below(sessions.size())].session);
  if (!fenced && fenced.error().code() == ErrorCode::kCorrupt) {
    world_.Violate(fenced.error().ToString());
  }
}

void Actor::CheckTidy() {
  const repository::Environment environment{
      {store_, clock_, random_},
      TinyPacks(),
      std::make_shared<const repository::Keyring>(*world_.keyring)};
  const repository::Chain chain(environment, kInstance);
  const auto manifests = chain.ListManifests();
  const auto intents = chain.ListIntents();
  const auto report = repository_->Check();
  if (!manifests || !intents || !report) return world_.Violate("the janitor cannot list");
  if (!report->healthy()) world_.Violate("damaged: " + report->damaged.front().key);
  std::set<repository::SessionId> committed;
  for (const auto& each : *manifests) committed.insert(each.name.session);
  for (const auto& each : *intents) {
    // A writer that died between commit and its last step stays announced while its backup lives.
    if (!committed.contains(each.intent.session)) world_.Violate("debris: " + each.key);
  }
  // Only those sessions may hold packs that nobody needs.
  if (intents->empty() && report->unreferenced_packs != 0) {
    world_.Violate("debris: " + std::to_string(report->unreferenced_packs) + " packs");
  }
}

void Actor::CheckEverything() {
  const auto restore_all = [&] {
    const auto records = repository_->List(kInstance);
    if (!records) return world_.Violate("cannot list: " + records.error().ToString());
    std::set<std::string> listed;
    for (const BackupRecord& each : *records) {
      listed.insert(each.id);
      CompareWithAttempt(each.id);
    }
    const std::vector<std::string> kept = world_.Kept();
    const auto latest = repository_->Latest(kInstance);
    if (latest) world_.CheckNoneLater(latest->id, kept);
    if (!latest && !kept.empty()) world_.Violate(latest.error().ToString());
    for (const std::string& id : kept) {
      if (!listed.contains(id)) world_.Violate("backup " + id + " was reported and is lost");
    }
  };
  restore_all();
  // Past whatever the clock jumped to: every session that never ended is now taken for dead.
  world_.clock_offset += std::chrono::hours(24 * 365 * 50);
  RetentionPolicy keep_all;
  keep_all.fence_after = std::chrono::hours(0);
  const auto plan = repository_->PlanPrune(kInstance, keep_all);
  if (!plan) return world_.Violate("cannot plan: " + plan.error().ToString());
  const auto report = repository_->Prune(*plan);
  if (!report) return world_.Violate("cannot prune: " + report.error().ToString());
  if (report->failure) return world_.Violate("cannot prune: " + report->failure->ToString());
  CheckTidy();
  WriteBackups(1);
  restore_all();
}

}  // namespace dbstow::simulator
