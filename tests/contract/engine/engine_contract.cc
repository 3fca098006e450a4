#include "contract/engine/engine_contract.h"

// What every engine must show. `RefusesToOverwrite` and the like are promises of the product, not
// of an engine: an engine that cannot keep one is not done.

namespace dbstow::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

template <class C>
void ExpectInterfaceMatches(const EngineDescriptor& descriptor, DatabaseInstance& instance) {
  EXPECT_EQ(descriptor.capabilities.Contains(C::kCapability),
            dynamic_cast<C*>(&instance) != nullptr)
      << C::kCapability;
}

TEST_P(EngineContract, DescriptorInterfacesAndLiveCapabilitiesAgree) {
  ExpectInterfaceMatches<SupportsBackup>(*descriptor_, *instance_);
  ExpectInterfaceMatches<SupportsRestore>(*descriptor_, *instance_);
  ExpectInterfaceMatches<SupportsClone>(*descriptor_, *instance_);
  ExpectInterfaceMatches<SupportsVerify>(*descriptor_, *instance_);
  ExpectInterfaceMatches<SupportsExport>(*descriptor_, *instance_);
  for (const auto& [name, live] : instance_->capabilities()) {
    const Capability* ever = descriptor_->capabilities.Find(name);
    ASSERT_NE(ever, nullptr) << name << " is not in the descriptor";
    EXPECT_TRUE(ever->available || !live.available) << name;
  }
}

TEST_P(EngineContract, EveryDenialHasAReason) {
  for (const CapabilitySet& set : {descriptor_->capabilities, instance_->capabilities()}) {
    for (const auto& [name, each] : set) {
      EXPECT_EQ(each.available, each.reason.empty()) << name;
    }
  }
}

TEST_P(EngineContract, TheLiveVersionIsKnown) { EXPECT_THAT(instance_->version(), Not(IsEmpty())); }

// What the configuration says of the version is compared with the server, as far as it goes.
TEST_P(EngineContract, AnotherVersionThanClaimedIsReported) {
  const auto warnings_for = [this](const std::string& version) {
    InstanceSpec spec = *spec_;
    spec.version = version;
    const auto instance = Create(std::move(spec));
    const auto refreshed = instance->Refresh(test_.context);
    EXPECT_TRUE(refreshed) << refreshed.error().ToString();
    return instance->state().warnings;
  };
  const std::string live = instance_->version();
  const std::string major = live.substr(0, live.find('.'));
  const std::vector<std::string> usual = instance_->state().warnings;
  for (const std::string& right : {live, major, major + ".x"}) {
    EXPECT_EQ(warnings_for(right), usual) << right;
  }
  EXPECT_THAT(warnings_for("0.0.1"),
              testing::Contains(testing::AllOf(HasSubstr("0.0.1"), HasSubstr(live))));
  EXPECT_THAT(
      warnings_for(major.substr(0, major.size() - 1) + "0" + major.substr(major.size() - 1)),
      testing::Contains(HasSubstr(live)));
}

TEST_P(EngineContract, ARestoreIsWhatWasBackedUp) {
  const std::string original = Contents(*spec_);
  const auto backup = Backup();
  ASSERT_TRUE(backup) << backup.error().ToString();
  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  const std::string changed = Contents(*spec_);
  ASSERT_NE(original, changed);

  const std::string target = fixture_.NewTarget();
  const auto restored = Restore({.source = backup->backup_id, .target_name = target});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(ContentsAt(target), original);
  EXPECT_EQ(Contents(*spec_), changed);
  EXPECT_EQ(restored->backup_id, backup->backup_id);
}

TEST_P(EngineContract, LatestIsTheLastOfTheInstance) {
  ASSERT_TRUE(Backup());
  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  ASSERT_TRUE(Backup());
  const std::string target = fixture_.NewTarget();
  const auto restored = Restore({.source = "latest", .target_name = target});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(ContentsAt(target), Contents(*spec_));
}

TEST_P(EngineContract, RefusesToOverwrite) {
  const auto backup = Backup();
  ASSERT_TRUE(backup) << backup.error().ToString();
  const std::string target = fixture_.NewTarget();
  ASSERT_TRUE(Restore({.source = "latest", .target_name = target}));
  ASSERT_NO_FATAL_FAILURE(Mutate(fixture_.AtTarget(*spec_, target)));
  const std::string before = ContentsAt(target);
  const std::set<std::string> listing = Listing();

  const auto again = Restore({.source = "latest", .target_name = target});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists) << again.error().ToString();
  EXPECT_THAT(again.error().message(), HasSubstr(target));
  EXPECT_EQ(ContentsAt(target), before);
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, OverwritesWhenAsked) {
  const std::string original = Contents(*spec_);
  ASSERT_TRUE(Backup());
  const std::string target = fixture_.NewTarget();
  ASSERT_TRUE(Restore({.source = "latest", .target_name = target}));
  ASSERT_NO_FATAL_FAILURE(Mutate(fixture_.AtTarget(*spec_, target)));
  const std::set<std::string> listing = Listing();

  const auto again = Restore({.source = "latest", .target_name = target, .overwrite = true});
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(ContentsAt(target), original);
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, AFailedOverwriteLeavesTheOldTarget) {
  ASSERT_TRUE(Backup());
  const std::string target = fixture_.NewTarget();
  ASSERT_TRUE(Restore({.source = "latest", .target_name = target}));
  ASSERT_NO_FATAL_FAILURE(Mutate(fixture_.AtTarget(*spec_, target)));
  const std::string before = ContentsAt(target);
  const std::set<std::string> listing = Listing();

  store_.FailRead(1, Error(ErrorCode::kCorrupt, "a pack is damaged"));
  const auto failed = Restore({.source = "latest", .target_name = target, .overwrite = true});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kCorrupt) << failed.error().ToString();
  EXPECT_EQ(ContentsAt(target), before);
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, ACloneIsEqualAndIndependent) {
  auto* capable = Capable<SupportsClone>();
  if (capable == nullptr) return;
  const std::string original = Contents(*spec_);
  const std::string target = fixture_.NewTarget();
  const auto clone = capable->Clone({.target_name = target}, test_.context);
  ASSERT_TRUE(clone) << clone.error().ToString();
  EXPECT_NE(clone->zero_copy, clone->details.contains("zero_copy_reason"));
  EXPECT_EQ(ContentsAt(target), original);

  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  EXPECT_EQ(ContentsAt(target), original);
  const std::string changed = Contents(*spec_);
  ASSERT_NO_FATAL_FAILURE(Mutate(fixture_.AtTarget(*spec_, target)));
  ASSERT_NO_FATAL_FAILURE(Mutate(fixture_.AtTarget(*spec_, target)));
  EXPECT_EQ(Contents(*spec_), changed);

  const std::string kept = ContentsAt(target);
  const auto again = capable->Clone({.target_name = target}, test_.context);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists) << again.error().ToString();
  EXPECT_EQ(ContentsAt(target), kept);
}

TEST_P(EngineContract, WhatIsDeniedIsRefusedWithTheReason) {
  const std::set<std::string> listing = Listing();
  for (BackupType type : {BackupType::kFull, BackupType::kDifferential, BackupType::kLog,
                          BackupType::kSnapshot, BackupType::kLogical}) {
    if (instance_->capabilities().Contains(CapabilityFor(type))) continue;
    const auto refused = Backup({.type = type});
    ASSERT_FALSE(refused) << ToString(type);
    ASSERT_NO_FATAL_FAILURE(ExpectDenied(CapabilityFor(type), refused.error()));
  }
  ExpectNothingLeft(listing);
  ASSERT_TRUE(Backup());
  if (!instance_->capabilities().Contains(capability::kRestorePointInTime)) {
    const auto refused = Restore({.source = "latest",
                                  .target_name = fixture_.NewTarget(),
                                  .point_in_time = test_.clock.Now()});
    ASSERT_FALSE(refused);
    ASSERT_NO_FATAL_FAILURE(ExpectDenied(capability::kRestorePointInTime, refused.error()));
  }
  if (!instance_->capabilities().Contains(capability::kClonePointInTime)) {
    const auto refused =
        Clone({.target_name = fixture_.NewTarget(), .source_time = test_.clock.Now()});
    ASSERT_FALSE(refused);
    ASSERT_NO_FATAL_FAILURE(ExpectDenied(capability::kClonePointInTime, refused.error()));
  }
  EXPECT_EQ(Listing(), listing);
}

// An option of a backup does what it says, or the backup is refused before anything is made: it is
// never taken and forgotten.
TEST_P(EngineContract, OptionsOfABackupWorkOrAreRefused) {
  const std::set<std::string> listing = Listing();
  const auto refused = [&](const Result<BackupResult>& backup) {
    if (backup) return false;
    const ErrorCode code = backup.error().code();
    EXPECT_TRUE(code == ErrorCode::kInvalidOptions || code == ErrorCode::kUnsupportedCapability)
        << backup.error().ToString();
    ExpectNothingLeft(listing);
    return true;
  };
  const std::string place = "toy:place";
  const auto sent = Backup({.type = fixture_.type(), .destination = place});
  if (!refused(sent)) {
    EXPECT_THAT(sent->server_reference, HasSubstr(place));
  } else {
    EXPECT_THAT(sent.error().message(), HasSubstr(place));
  }
  const auto logs = Backup({.type = fixture_.type(), .include_logs = true});
  if (!refused(logs)) {
    EXPECT_TRUE(instance_->capabilities().Contains(capability::kBackupLog));
  }
  const auto past = Backup({.type = fixture_.type(), .point_in_time = test_.clock.Now()});
  if (!refused(past)) {
    EXPECT_EQ(past->details.at("point_in_time"), FormatTime(test_.clock.Now()));
  }
}

// A moment that is asked for is the moment that comes back.
TEST_P(EngineContract, ATimeIsKeptWhereItCanBeAskedFor) {
  ASSERT_TRUE(Backup());
  const std::string original = Contents(*spec_);
  const TimePoint then = fixture_.Now();
  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  const CapabilitySet now = instance_->capabilities();
  if (now.Contains(capability::kRestorePointInTime)) {
    const std::string target = fixture_.NewTarget();
    const auto restored =
        Restore({.source = "latest", .target_name = target, .point_in_time = then});
    ASSERT_TRUE(restored) << restored.error().ToString();
    EXPECT_EQ(ContentsAt(target), original);
  }
  if (now.Contains(capability::kClonePointInTime)) {
    const std::string target = fixture_.NewTarget();
    const auto cloned = Clone({.target_name = target, .source_time = then});
    ASSERT_TRUE(cloned) << cloned.error().ToString();
    EXPECT_EQ(ContentsAt(target), original);
  }
}

TEST_P(EngineContract, UnknownOptionsAreRefusedNamingTheNearest) {
  const std::set<std::string> listing = Listing();
  ExpectUnknownRefused(descriptor_->properties, [&](const std::string& key) -> Result<void> {
    InstanceSpec spec = *spec_;
    spec.connection.properties[key] = "1";
    DBSTOW_TRY(registry_.Create(std::move(spec)));
    return {};
  });
  ExpectUnknownRefused(descriptor_->backup_extra, [&](const std::string& key) -> Result<void> {
    DBSTOW_TRY(Backup({.type = fixture_.type(), .extra = {{key, "1"}}}));
    return {};
  });
  ExpectNothingLeft(listing);
  ASSERT_TRUE(Backup());
  ExpectUnknownRefused(descriptor_->restore_mapping, [&](const std::string& key) -> Result<void> {
    DBSTOW_TRY(Restore(
        {.source = "latest", .target_name = fixture_.NewTarget(), .mapping = {{key, "1"}}}));
    return {};
  });
  if (auto* capable = Capable<SupportsClone>()) {
    ExpectUnknownRefused(descriptor_->clone_extra, [&](const std::string& key) -> Result<void> {
      DBSTOW_TRY(capable->Clone({.target_name = fixture_.NewTarget(), .extra = {{key, "1"}}},
                                test_.context));
      return {};
    });
  }
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, AFailingStoreLeavesNothing) {
  const std::set<std::string> listing = Listing();
  store_.FailWrite(1, Error(ErrorCode::kOutOfSpace, "the store is full"));
  auto failed = Backup();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kOutOfSpace) << failed.error().ToString();
  ExpectNothingLeft(listing);

  store_.FailCommit(1, Error(ErrorCode::kUnavailable, "the store is away"));
  failed = Backup();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable) << failed.error().ToString();
  ExpectNothingLeft(listing);

  const auto backup = Backup();
  ASSERT_TRUE(backup) << backup.error().ToString();
  store_.FailRead(1, Error(ErrorCode::kCorrupt, "a pack is damaged"));
  const auto restore = Restore({.source = "latest", .target_name = fixture_.NewTarget()});
  ASSERT_FALSE(restore);
  EXPECT_EQ(restore.error().code(), ErrorCode::kCorrupt) << restore.error().ToString();
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, AnUnknownBackupIsNotFound) {
  for (const char* source : {"latest", "feedfacefeedface"}) {
    const auto restored = Restore({.source = source, .target_name = fixture_.NewTarget()});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code(), ErrorCode::kNotFound) << restored.error().ToString();
  }
}

TEST_P(EngineContract, ADryRunChangesNothing) {
  const std::set<std::string> listing = Listing();
  test_.context.dry_run = true;
  EXPECT_TRUE(Backup());
  ExpectNothingLeft(listing);
  test_.context.dry_run = false;
  ASSERT_TRUE(Backup());
  test_.context.dry_run = true;
  const auto restore = Restore({.source = "latest", .target_name = fixture_.NewTarget()});
  EXPECT_TRUE(restore) << restore.error().ToString();
  if (auto* capable = Capable<SupportsClone>()) {
    const auto clone = capable->Clone({.target_name = fixture_.NewTarget()}, test_.context);
    EXPECT_TRUE(clone) << clone.error().ToString();
  }
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, AProofComparesContentsAndLeavesNothing) {
  auto* capable = Capable<SupportsVerify>();
  if (capable == nullptr) return;
  ASSERT_TRUE(Backup());
  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  const std::set<std::string> listing = Listing();
  const auto proof = capable->Prove({.source = "latest"}, test_.context);
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  EXPECT_GT(proof->objects_compared, 0u);
  EXPECT_GT(proof->rows_compared, 0u);
  const auto query =
      capable->Prove({.source = "latest", .user_queries = {"this is no query"}}, test_.context);
  ASSERT_TRUE(query) << query.error().ToString();
  EXPECT_THAT(query->differences, IsEmpty());
  EXPECT_THAT(query->failed_queries, ElementsAre(HasSubstr("this is no query")));
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineContract, FingerprintsTellContentsApart) {
  auto* capable = Capable<SupportsVerify>();
  if (capable == nullptr) return;
  ASSERT_TRUE(Backup());
  const auto recorded = store_.List("")->back().fingerprints;
  const auto live = capable->Fingerprint({}, test_.context);
  ASSERT_TRUE(live) << live.error().ToString();
  EXPECT_THAT(CompareFingerprints(recorded, *live), IsEmpty());
  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  const auto changed = capable->Fingerprint({}, test_.context);
  ASSERT_TRUE(changed) << changed.error().ToString();
  EXPECT_THAT(CompareFingerprints(recorded, *changed), Not(IsEmpty()));
}

TEST_P(EngineContract, AnExportIsReadableWithoutUs) {
  auto* capable = Capable<SupportsExport>();
  if (capable == nullptr) return;
  const std::string path = fixture_.NewExportPath();
  ASSERT_FALSE(path.empty()) << "the engine exports, but its fixture has no place for it";
  const std::string original = Contents(*spec_);
  ASSERT_TRUE(Backup());
  ASSERT_NO_FATAL_FAILURE(Mutate(*spec_));
  const auto exported = capable->Export({.source = "latest", .path = path}, test_.context);
  ASSERT_TRUE(exported) << exported.error().ToString();
  EXPECT_TRUE(exported->details.contains("restore_command"));
  const auto contents = fixture_.ExportedContents(path);
  ASSERT_TRUE(contents) << contents.error().ToString();
  EXPECT_EQ(*contents, original);

  const auto again = capable->Export({.source = "latest", .path = path}, test_.context);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists) << again.error().ToString();
}

INSTANTIATE_TEST_SUITE_P(Server, EngineContract, testing::ValuesIn(Fixtures()), ServerName);

}  // namespace
}  // namespace dbstow::test
