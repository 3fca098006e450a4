#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <rapidcheck/gtest.h>

#include "support/test_repository.h"

namespace dbstow::repository {
namespace {

using test::BackupContent;
using test::TestRepository;
using ::testing::Contains;
using ::testing::HasSubstr;

struct Harm {
  const char* name;
  void (*apply)(Bytes&);
};

void FlipMiddle(Bytes& bytes) { bytes[bytes.size() / 2] ^= std::byte{4}; }
void FlipFirst(Bytes& bytes) { bytes.front() ^= std::byte{1}; }
void FlipLast(Bytes& bytes) { bytes.back() ^= std::byte{1}; }
void Truncate(Bytes& bytes) { bytes.resize(bytes.size() / 2); }
void Empty(Bytes& bytes) { bytes.clear(); }

// Two independent backups of one chain, one damaged.
class Damage : public ::testing::TestWithParam<Harm> {
 protected:
  Damage() {
    content_.streams["s"] = test::Text(20'000, 1);
    content_.pages["p"] = {4096, test::Text(4096 * 20, 2)};
    other_.streams["s"] = test::Text(20'000, 3);
    first_ = Full(content_);
    second_ = Full(other_);
  }

  BackupRecord Full(const BackupContent& content) {
    repo_.clock.Advance(std::chrono::minutes(1));
    BackupPlan plan = TestRepository::Plan("db");
    plan.parent = BackupPlan::Parent::kNone;
    auto writer = repo_->Begin(plan).value();
    EXPECT_TRUE(test::Fill(*writer, content));
    return writer->Commit({}).value();
  }

  // The key of an object that only the first backup has.
  std::string KeyOfFirst(std::string_view part) {
    for (const std::string& key : repo_.store.Keys("i/")) {
      if (key.find(part) == std::string::npos) continue;
      if (part == "/m/" && key.find(first_.id) == std::string::npos) continue;
      if (part == "/packs/" && !IsOfFirst(key)) continue;
      return key;
    }
    return "";
  }
  bool IsOfFirst(const std::string& pack_key) {
    const std::string manifest = KeyOfFirst("/m/");
    return pack_key.find(manifest.substr(manifest.rfind('.') + 1)) != std::string::npos;
  }

  TestRepository repo_;
  BackupContent content_;
  BackupContent other_;
  BackupRecord first_;
  BackupRecord second_;
};

TEST_P(Damage, OfAPackIsNamedAndTheOtherBackupRestores) {
  const std::string key = KeyOfFirst("/packs/");
  repo_.store.Damage(key, GetParam().apply);
  EXPECT_EQ(repo_.Restore(second_.id, "db").value(), other_);
  const auto report = repo_->Verify("", "db", 2).value();
  ASSERT_EQ(report.damaged.size(), 1u);
  EXPECT_EQ(report.damaged[0].key, key);
  EXPECT_THAT(report.damaged[0].affected, testing::ElementsAre(first_.id));
  EXPECT_EQ(report.outcome(), VerifyOutcome::kFailed);
  EXPECT_EQ(report.backups[0].outcome, VerifyOutcome::kFailed);
  EXPECT_EQ(report.backups[1].outcome, VerifyOutcome::kPassed);
  // A flip in what only tells where things are harms no restore; anything else is an error that
  // names the object. Wrong bytes never come out.
  const auto restored = repo_.Restore(first_.id, "db");
  if (restored) {
    EXPECT_EQ(*restored, content_);
  } else {
    EXPECT_EQ(restored.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(restored.error().message(), HasSubstr(key));
    EXPECT_THAT(restored.error().message(), HasSubstr(first_.id));
  }
}

TEST_P(Damage, OfAManifestIsNamedAndTheOtherBackupRestores) {
  const std::string key = KeyOfFirst("/m/");
  repo_.store.Damage(key, GetParam().apply);
  EXPECT_EQ(repo_.Restore(second_.id, "db").value(), other_);
  const auto restored = repo_.Restore(first_.id, "db");
  EXPECT_EQ(restored.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(restored.error().message(), HasSubstr(key));
  const auto report = repo_->Verify("", "db", 0).value();
  ASSERT_EQ(report.damaged.size(), 1u);
  EXPECT_EQ(report.damaged[0].key, key);
  EXPECT_EQ(repo_->List("db").value().size(), 2u);
  // Nobody knows what it needs, so nothing may be swept.
  const auto plan = repo_->PlanPrune("db", {}).value();
  EXPECT_EQ(repo_->Prune(plan).error().code(), ErrorCode::kCorrupt);
  EXPECT_TRUE(repo_.Backup("db", other_)) << "a damaged backup does not stop the next";
}

TEST_P(Damage, OfRepoJsonIsSurvivedAndNamed) {
  repo_.store.Damage("repo.json", GetParam().apply);
  ASSERT_TRUE(repo_.Reopen());
  EXPECT_EQ(repo_.Restore(first_.id, "db").value(), content_);
  const auto report = repo_->Check().value();
  ASSERT_EQ(report.damaged.size(), 1u);
  EXPECT_EQ(report.damaged[0].key, "repo.json");
}

TEST_P(Damage, OfAKeySlotIsToldFromAWrongPassphrase) {
  const std::string key = repo_.store.Keys("keys/").front();
  const SecretString spare("spare");
  ASSERT_TRUE(repo_->AddKeySlot({spare}, "spare", io::KdfCost::Cheapest()));
  repo_.store.Damage(key, GetParam().apply);
  const auto opened = Repository::Open(repo_.ports(), {repo_.passphrase});
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(opened.error().message(), HasSubstr(key.substr(5)));
  EXPECT_TRUE(Repository::Open(repo_.ports(), {spare}));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Damage,
                         ::testing::Values(Harm{"FlipMiddle", FlipMiddle},
                                           Harm{"FlipFirst", FlipFirst}, Harm{"FlipLast", FlipLast},
                                           Harm{"Truncate", Truncate}, Harm{"Empty", Empty}),
                         [](const auto& each) { return std::string(each.param.name); });

using MissingObject = Damage;
TEST_F(MissingObject, APackIsNamedAndTheNextBackupStoresEverything) {
  const std::string key = [&] {
    for (const std::string& each : repo_.store.Keys("i/")) {
      if (each.find("/packs/") != std::string::npos && !IsOfFirst(each)) return each;
    }
    return std::string();
  }();
  ASSERT_TRUE(repo_.store.Delete(key));
  EXPECT_EQ(repo_.Restore(first_.id, "db").value(), content_);
  const auto restored = repo_.Restore(second_.id, "db");
  EXPECT_EQ(restored.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(restored.error().message(), HasSubstr(key));
  const auto check = repo_->Check().value();
  ASSERT_EQ(check.damaged.size(), 1u);
  EXPECT_THAT(check.damaged[0].affected, Contains(second_.id));
  // It would build upon the second, finds that it lacks a pack, and takes the first.
  const BackupRecord third = repo_.Backup("db", other_).value();
  EXPECT_EQ(third.parent_id, first_.id);
  EXPECT_FALSE(third.warnings.empty());
  EXPECT_EQ(repo_.Restore(third.id, "db").value(), other_);
}

TEST_F(MissingObject, ABackupThatFailedVerificationIsNotBuiltUpon) {
  ASSERT_TRUE(
      repo_->RecordVerification({second_.id, "db", 1, VerifyOutcome::kFailed, repo_.clock.Now()}));
  EXPECT_EQ(repo_.Backup("db", other_).value().parent_id, first_.id);
}

TEST_F(MissingObject, AStoreThatFailsMakesAVerificationUndecided) {
  repo_.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call == "GetRange" && key.find("/packs/") != std::string_view::npos) {
      return Error(ErrorCode::kUnavailable, "no answer");
    }
    return {};
  });
  const auto report = repo_->Verify("", "db", 1).value();
  EXPECT_EQ(report.outcome(), VerifyOutcome::kCouldNotVerify);
  EXPECT_TRUE(report.damaged.empty());
}

// So a file store lists a folder that it cannot look into.
TEST_F(MissingObject, AFolderOfPacksThatIsClosedMakesAVerificationUndecided) {
  for (const std::string& key : repo_.store.Keys()) {
    if (key.find("/packs/") == std::string::npos) continue;
    ASSERT_TRUE(repo_.store.Delete(key));
    ASSERT_TRUE(repo_.store.Put(key.substr(0, key.rfind('/')), {}));
  }
  repo_.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call != "GetRange" || key.find("/packs/") == std::string_view::npos) return {};
    return Error(ErrorCode::kPermissionDenied, "cannot open " + std::string(key));
  });
  const auto report = repo_->Verify("", "db", 1).value();
  EXPECT_EQ(report.outcome(), VerifyOutcome::kCouldNotVerify);
  EXPECT_TRUE(report.damaged.empty());
}

// So a file store lists what it cannot look at. Of one that is really empty the reading says so.
TEST_F(MissingObject, APackThatCannotBeLookedAtMakesAVerificationUndecided) {
  for (const std::string& key : repo_.store.Keys()) {
    if (key.find("/packs/") == std::string::npos) continue;
    repo_.store.Damage(key, [](Bytes& bytes) { bytes.clear(); });
  }
  repo_.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call == "GetRange" && key.find("/packs/") != std::string_view::npos) {
      return Error(ErrorCode::kIoError, "structure needs cleaning");
    }
    return {};
  });
  EXPECT_EQ(repo_->Verify("", "db", 1).value().outcome(), VerifyOutcome::kCouldNotVerify);
  repo_.store.SetFault(nullptr);
  EXPECT_EQ(repo_->Verify("", "db", 1).value().outcome(), VerifyOutcome::kFailed);
}

class LastProgress final : public ProgressSink {
 public:
  void Report(const Progress& progress) override {
    last = progress;
    exceeded = exceeded || progress.bytes_done > progress.bytes_total.value_or(0);
  }
  Progress last;
  bool exceeded = false;
};

// A sector of the disk under the newest backup has gone bad.
class BadSector : public ::testing::Test {
 protected:
  BadSector() {
    content_.pages["p"] = {4096, test::Text(4096 * 20, 2)};
    older_ = repo_.Backup("db", content_).value();
    Change();
    newer_ = repo_.Backup("db", content_).value();
  }

  void Change() { content_.pages["p"].bytes[changes_++ * 4096] ^= std::byte{1}; }

  /// Reads of objects of the newer backup whose keys have this in them fail.
  void GoBad(const std::string& part) {
    std::string manifest;
    for (const std::string& key : repo_.store.Keys("i/")) {
      if (key.find("/m/" + newer_.id) != std::string::npos) manifest = key;
    }
    const std::string session = manifest.substr(manifest.rfind('.') + 1);
    repo_.store.SetFault([=](std::string_view call, std::string_view key) -> Result<void> {
      const bool is_read = call == "Get" || call == "GetRange";
      if (!is_read || key.find(part) == key.npos || key.find(session) == key.npos) return {};
      return Error(ErrorCode::kIoError, std::string(key) + ": Input/output error");
    });
  }

  TestRepository repo_;
  BackupContent content_;
  BackupRecord older_, newer_;
  std::size_t changes_ = 0;
};

TEST_F(BadSector, UnderAManifestCostsThatBackupAlone) {
  GoBad("/m/");
  const auto listed = repo_->List("db");
  ASSERT_TRUE(listed) << listed.error().ToString();
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_TRUE(listed->front().readable());
  EXPECT_FALSE(listed->back().readable());
  const auto latest = repo_->Latest("db");
  ASSERT_FALSE(latest);
  EXPECT_THAT(latest.error().hint(), HasSubstr(older_.id));
  EXPECT_TRUE(repo_.Restore(older_.id, "db"));

  const auto checked = repo_->Check();
  ASSERT_TRUE(checked) << checked.error().ToString();
  EXPECT_EQ(std::ranges::count(checked->backups, VerifyOutcome::kCouldNotVerify,
                               &VerifiedBackup::outcome),
            1);

  const auto plan = repo_->PlanPrune("db", {});
  ASSERT_TRUE(plan) << plan.error().ToString();
  EXPECT_THAT(plan->warnings, Contains(HasSubstr("it is kept")));
  const std::size_t packs = repo_.store.Keys("i/db/packs/").size();
  EXPECT_FALSE(repo_->Prune(*plan));
  EXPECT_EQ(repo_.store.Keys("i/db/packs/").size(), packs);

  Change();
  const auto next = repo_.Backup("db", content_);
  ASSERT_TRUE(next) << next.error().ToString();
  EXPECT_THAT(next->warnings, Contains(HasSubstr("could not be compared against")));
  EXPECT_EQ(repo_.Restore("latest", "db").value(), content_);
}

TEST_F(BadSector, UnderAPackIsNoReasonToFailTheNextBackup) {
  GoBad("/packs/");
  Change();
  const auto next = repo_.Backup("db", content_);
  ASSERT_TRUE(next) << next.error().ToString();
  EXPECT_FALSE(next->warnings.empty());
  EXPECT_EQ(repo_.Restore("latest", "db").value(), content_);
}

TEST(VerificationProgress, HasATotalFromTheBeginning) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(50'000, 1);
  content.pages["p"] = {4096, test::Text(4096 * 20, 2)};
  ASSERT_TRUE(repo.Backup("db", content));
  ASSERT_TRUE(repo.Backup("db", content));
  for (const int level : {1, 2}) {
    LastProgress progress;
    ASSERT_TRUE(repo->Verify("", "db", level, {.progress = &progress}));
    EXPECT_GT(progress.last.bytes_done, 0u);
    EXPECT_FALSE(progress.exceeded) << level;
    EXPECT_GE(progress.last.bytes_done * 10, progress.last.bytes_total.value() * 9) << level;
  }
}

TEST_F(MissingObject, AStoppedVerificationSaysSo) {
  std::stop_source stop;
  stop.request_stop();
  CheckContext context;
  context.stop = stop.get_token();
  EXPECT_EQ(repo_->Verify("", "db", 2, context).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(repo_.store.Keys("i/db/intent/").size(), 0u);
}

// Whatever happens to one byte or the end of any object of a chain: nothing crashes, no wrong bytes
// come out, and a full check names the object.
RC_GTEST_PROP(AnyDamage, NeverGivesWrongBytesAndIsAlwaysNamed, ()) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(3000, 1);
  content.pages["p"] = {512, test::Text(512 * 40, 2)};
  std::map<std::string, BackupContent> all;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    content.streams["s"] = test::Text(3000, seed);
    all[repo.Backup("db", content).value().id] = content;
  }
  std::vector<std::string> keys = repo.store.Keys("i/db/m/");
  for (const std::string& each : repo.store.Keys("i/db/packs/")) keys.push_back(each);
  const std::string key = *rc::gen::elementOf(keys);
  const auto place = *rc::gen::arbitrary<std::size_t>();
  const auto flip = static_cast<std::byte>(*rc::gen::inRange(1, 256));
  const bool truncate = *rc::gen::inRange(0, 4) == 0;
  repo.store.Damage(key, [&](Bytes& bytes) {
    if (truncate) {
      bytes.resize(place % bytes.size());
    } else {
      bytes[place % bytes.size()] ^= flip;
    }
  });
  for (const auto& [id, expected] : all) {
    const auto restored = repo.Restore(id, "db");
    if (restored) {
      RC_ASSERT(*restored == expected);
    } else {
      RC_ASSERT(restored.error().code() == ErrorCode::kCorrupt ||
                restored.error().code() == ErrorCode::kWrongKey);
    }
  }
  const auto report = repo->Verify("", "db", 2).value();
  RC_ASSERT(report.outcome() != VerifyOutcome::kPassed);
  // A flip in the epoch of a manifest is not told from a key that is not held.
  if (report.outcome() == VerifyOutcome::kFailed) RC_ASSERT(report.damaged.at(0).key == key);
}

}  // namespace
}  // namespace dbstow::repository
