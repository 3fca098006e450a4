#include "repository/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repository/layout.h"
#include "support/test_repository.h"

namespace dbstow::repository {
namespace {

using test::BackupContent;
using test::TestRepository;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Repository, WhatWasBackedUpIsRestored) {
  TestRepository repo;
  BackupContent content;
  content.streams["public.orders"] = test::Text(3'000'000, 1);
  content.streams["empty"] = {};
  content.pages["main"] = {4096, test::Text(4096 * 5000, 2)};
  const BackupRecord record = repo.Backup("shop", content).value();
  EXPECT_EQ(repo.Restore(record.id, "shop").value(), content);
  EXPECT_EQ(record.bytes.read, content.size());
  EXPECT_EQ(record.bytes.reused, 0u);
  EXPECT_TRUE(record.parent_id.empty());
}

TEST(Repository, AnUnchangedBackupReusesAll) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(2'500'000, 1);
  content.pages["p"] = {4096, test::Text(4096 * 4097, 2)};
  const BackupRecord first = repo.Backup("shop", content).value();
  const BackupRecord second = repo.Backup("shop", content).value();
  EXPECT_EQ(second.parent_id, first.id);
  EXPECT_EQ(second.bytes.reused, content.size());
  EXPECT_EQ(second.bytes.stored, 0u);
  EXPECT_EQ(repo.Restore("latest", "shop").value(), content);
}

TEST(Repository, AServerReferenceIsABackupWithoutItems) {
  TestRepository repo;
  auto writer = repo->Begin(repo.Plan("wh")).value();
  BackupFacts facts;
  facts.server_reference = "time travel";
  facts.details["statement"] = "01b";
  const BackupRecord record = writer->Commit(facts).value();
  auto reader = repo->Open(record.id, "").value();
  EXPECT_EQ(reader->record().server_reference, "time travel");
  EXPECT_EQ(reader->record().details.at("statement"), "01b");
  EXPECT_TRUE(reader->items().empty());
}

TEST(Repository, TheLatestIsTheOneThatBeganLastAlsoWithinASecond) {
  TestRepository repo;
  std::string last;
  for (int i = 0; i < 8; ++i) {
    auto writer = repo->Begin(repo.Plan("db")).value();
    last = writer->Commit({}).value().id;
    repo.clock.Advance(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(repo->Latest("db").value().id, last);
  EXPECT_EQ(repo->Open("latest", "db").value()->record().id, last);
}

TEST(Repository, ADamagedLatestIsNotTakenForTheOneBefore) {
  TestRepository repo;
  const BackupRecord before = repo.Backup("db", {}).value();
  const BackupRecord newest = repo.Backup("db", {}).value();
  for (const std::string& key : repo.store.Keys("i/db/m/")) {
    if (key.find(newest.id) == std::string::npos) continue;
    repo.store.Damage(key, [](Bytes& bytes) { bytes.resize(bytes.size() / 2); });
  }
  for (const Result<void>& each : {Result<void>(repo->Latest("db").error()),
                                   Result<void>(repo->Open("latest", "db").error())}) {
    EXPECT_EQ(each.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(each.error().message(), HasSubstr(newest.id));
    EXPECT_THAT(each.error().hint(), HasSubstr(before.id));
  }
  EXPECT_FALSE(repo->List("db").value().back().readable());
}

TEST(Repository, AStrayObjectAmongTheInstancesIsNamedAndHarmsNobody) {
  TestRepository repo;
  ASSERT_TRUE(repo.Backup("db", {}));
  ASSERT_TRUE(repo.store.Put("instances/foo%zz", AsBytes("x")));
  EXPECT_EQ(repo->List("").value().size(), 1u);
  EXPECT_EQ(repo->Instances().value().size(), 1u);
  const auto check = repo->Check().value();
  ASSERT_EQ(check.damaged.size(), 1u);
  EXPECT_EQ(check.damaged[0].key, "instances/foo%zz");
}

TEST(Repository, ANewerFormatIsRefusedAsSuch) {
  TestRepository repo;
  // Nothing but the check field distinguishes a later format from damage, so it is made right.
  repo.store.Damage("repo.json",
                    [](Bytes& bytes) { bytes.assign(AsBytes("{}").begin(), AsBytes("{}").end()); });
  EXPECT_TRUE(repo.Reopen()) << "each key slot has a copy of repo.json";
}

TEST(Repository, WrongPassphraseIsToldBeforeAnythingIsWritten) {
  TestRepository repo;
  ASSERT_TRUE(repo.Backup("shop", {}));
  repo.store.SetFault([](std::string_view call, std::string_view) -> Result<void> {
    if (call == "Put" || call == "Delete") return Error(ErrorCode::kInternal, "written");
    return {};
  });
  const SecretString wrong("not it");
  const auto opened = Repository::Open(repo.ports(), {wrong});
  EXPECT_EQ(opened.error().code(), ErrorCode::kWrongKey);
}

TEST(Repository, NoRepositoryAndAlreadyExists) {
  test::MemoryObjectStore empty;
  TestRepository repo;
  RepositoryPorts ports{empty, repo.clock, repo.random};
  EXPECT_EQ(Repository::Open(ports, {repo.passphrase}).error().code(), ErrorCode::kNoRepository);
  EXPECT_EQ(
      Repository::Create(repo.ports(), {repo.passphrase}, {io::KdfCost::Cheapest()}).error().code(),
      ErrorCode::kAlreadyExists);
}

TEST(Repository, AnUnfinishedCreationIsFinishedByTheNextWithItsPassphrase) {
  test::MemoryObjectStore store;
  TestRepository other;
  const RepositoryPorts ports{store, other.clock, other.random};
  const CreateOptions cheap{io::KdfCost::Cheapest()};
  store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call != "Put" || key != kRepositoryKey) return {};
    return Error(ErrorCode::kUnavailable, "killed here");
  });
  EXPECT_FALSE(Repository::Create(ports, {other.passphrase}, cheap));
  store.SetFault({});
  const auto wrong = Repository::Create(ports, {SecretString("not it")}, cheap);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(wrong.error().message(), HasSubstr("begun and not ended"));
  const auto finished = Repository::Create(ports, {other.passphrase}, cheap);
  ASSERT_TRUE(finished) << finished.error().ToString();
  EXPECT_TRUE((*finished)->Check().value().healthy());
  EXPECT_EQ((*finished)->KeySlots().value().size(), 1u);
  EXPECT_EQ(Repository::Create(ports, {other.passphrase}, cheap).error().code(),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(Repository::Open(ports, {other.passphrase}).value()->id(), (*finished)->id());
}

TEST(Repository, ALostRepoJsonIsPutBackByACreationWithAPassphraseThatOpens) {
  TestRepository repo;
  const BackupRecord record = repo.Backup("db", {}).value();
  ASSERT_TRUE(repo.store.Delete(kRepositoryKey));
  const CreateOptions cheap{io::KdfCost::Cheapest()};
  const auto wrong = Repository::Create(repo.ports(), {SecretString("not it")}, cheap);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(wrong.error().hint(), Not(HasSubstr("remove"))) << "there are backups";
  ASSERT_TRUE(Repository::Create(repo.ports(), {repo.passphrase}, cheap));
  EXPECT_TRUE(repo->Check().value().healthy());
  EXPECT_TRUE(repo.Restore(record.id, "db"));
}

TEST(Repository, AnothersFoldersAmongKeysAndInstancesAreNamedAndHarmNobody) {
  TestRepository repo;
  ASSERT_TRUE(repo.Backup("db", {}));
  const std::string long_name(300, 'n');
  ASSERT_TRUE(repo.Backup(long_name, {}));
  // As a store lists what it cannot look into.
  for (const char* key : {"keys/private", "instances/private", "instances/x=private"}) {
    ASSERT_TRUE(repo.store.Put(key, {}));
  }
  repo.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call != "Get" || !key.ends_with("private")) return {};
    return Error(ErrorCode::kPermissionDenied, "cannot open " + std::string(key));
  });
  ASSERT_TRUE(repo.Reopen());
  EXPECT_EQ(repo->Instances().value(), (std::vector<std::string>{"db", long_name}));
  EXPECT_EQ(repo->List("").value().size(), 2u);
  EXPECT_EQ(repo->Check().value().damaged.size(), 3u);
}

TEST(Repository, TwoWritersAtOnceBothSucceed) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(100'000, 1);
  auto first = repo->Begin(repo.Plan("shop")).value();
  auto second = repo->Begin(repo.Plan("shop")).value();
  ASSERT_TRUE(test::Fill(*first, content));
  ASSERT_TRUE(test::Fill(*second, content));
  const std::string first_id = first->Commit({}).value().id;
  const std::string second_id = second->Commit({}).value().id;
  EXPECT_EQ(repo.Restore(first_id, "shop").value(), content);
  EXPECT_EQ(repo.Restore(second_id, "shop").value(), content);
}

TEST(Repository, AnUnfinishedItemCannotBeCommitted) {
  TestRepository repo;
  auto writer = repo->Begin(repo.Plan("shop")).value();
  auto sink = writer->AddStream({"s", {}}).value();
  ASSERT_TRUE(sink->Write(AsBytes("abc")));
  const auto committed = writer->Commit({});
  EXPECT_EQ(committed.error().code(), ErrorCode::kInvalidOptions);
  EXPECT_THAT(committed.error().message(), HasSubstr("'s'"));
}

TEST(Repository, AnAbandonedWriterLeavesNoAnnouncement) {
  TestRepository repo;
  {
    auto writer = repo->Begin(repo.Plan("shop")).value();
    auto sink = writer->AddStream({"s", {}}).value();
  }
  EXPECT_TRUE(repo.store.Keys("i/").empty());
}

TEST(Repository, ANameUsedTwiceIsRefused) {
  TestRepository repo;
  auto writer = repo->Begin(repo.Plan("shop")).value();
  auto sink = writer->AddStream({"s", {}}).value();
  EXPECT_EQ(writer->AddPages({"s", {}}, 4096).error().code(), ErrorCode::kAlreadyExists);
}

TEST(Repository, SelectorsFindByPrefixAndTellWhenAmbiguous) {
  TestRepository repo;
  const BackupRecord first = repo.Backup("shop", {}).value();
  EXPECT_EQ(repo->Open(std::string_view(first.id).substr(0, 20), "").value()->record().id,
            first.id);
  ASSERT_TRUE(repo.Backup("shop", {}));
  EXPECT_EQ(repo->Open("2026", "").error().code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(repo->Open("1999", "").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(repo->Open("latest", "").error().code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(repo->Open("latest", "other").error().code(), ErrorCode::kNotFound);
}

TEST(Repository, InstanceNamesOfAnyKindKeepApart) {
  TestRepository repo;
  const std::vector<std::string> names = {
      ".", "..", "a/b", "sqlite:///srv/a b.db", std::string(300, 'x'), std::string(299, 'x') + "y",
      "ü"};
  for (const std::string& name : names) ASSERT_TRUE(repo.Backup(name, {}));
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  EXPECT_EQ(repo->Instances().value(), sorted);
  for (const std::string& name : names) EXPECT_EQ(repo->List(name).value().size(), 1u) << name;
  EXPECT_EQ(repo->List("").value().size(), names.size());
}

TEST(Repository, AFullStoreFailsTheBackupAndNothingElse) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(50'000, 1);
  const BackupRecord good = repo.Backup("shop", content).value();
  content.streams["s"] = test::Text(50'000, 2);
  repo.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call == "Put" && key.find("/packs/") != std::string_view::npos) {
      return Error(ErrorCode::kOutOfSpace, "the disk is full");
    }
    return {};
  });
  EXPECT_EQ(repo.Backup("shop", content).error().code(), ErrorCode::kOutOfSpace);
  repo.store.SetFault({});
  EXPECT_EQ(repo->List("shop").value().size(), 1u);
  EXPECT_TRUE(repo.Restore(good.id, "shop"));
  EXPECT_TRUE(repo.Backup("shop", content));
}

TEST(Repository, AWriterTellsWhatItTakesToStore) {
  TestRepository repo;
  BackupPlan plan = TestRepository::Plan("db");
  plan.stages = std::make_shared<StageMeter>();
  const auto writer = repo->Begin(plan);
  ASSERT_TRUE(writer);
  EXPECT_EQ(plan.stages->Slowest(), "");
  repo.store.SetFault([&](std::string_view call, std::string_view) -> Result<void> {
    if (call == "Put") repo.clock.Advance(std::chrono::seconds(1));
    return {};
  });
  ASSERT_TRUE(test::Fill(**writer, {{{"rows", test::Text(1u << 20, 7)}}, {}}));
  ASSERT_TRUE((*writer)->Commit({}));
  EXPECT_EQ(plan.stages->Slowest(), "store");
}

class Unwritable : public ::testing::TestWithParam<ErrorCode> {};

TEST_P(Unwritable, AStoreStillRestoresAndVerifies) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(50'000, 1);
  ASSERT_TRUE(repo.Backup("shop", content));
  repo.store.SetFault([](std::string_view call, std::string_view) -> Result<void> {
    if (call == "Put" || call == "Delete") return Error(GetParam(), "cannot be written to");
    return {};
  });
  EXPECT_EQ(repo.Restore("latest", "shop").value(), content);
  EXPECT_EQ(repo->Verify("", "shop", 2).value().outcome(), VerifyOutcome::kPassed);
}

INSTANTIATE_TEST_SUITE_P(Repository, Unwritable,
                         ::testing::Values(ErrorCode::kOutOfSpace, ErrorCode::kPermissionDenied,
                                           ErrorCode::kIoError, ErrorCode::kUnavailable));

// A bad sector under one of the folders of small objects.
class BadFolder : public ::testing::TestWithParam<const char*> {};

TEST_P(BadFolder, CostsTheNextBackupItsParentAtMostAndNoRestore) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(50'000, 1);
  const BackupRecord first = repo.Backup("shop", content).value();
  const std::string folder = std::string("i/shop/") + GetParam() + "/";
  repo.store.SetFault([&](std::string_view call, std::string_view prefix) -> Result<void> {
    if (call != "List" || prefix != folder) return {};
    return Error(ErrorCode::kIoError, "cannot list " + folder);
  });
  EXPECT_EQ(repo.Restore(first.id, "shop").value(), content);
  EXPECT_EQ(repo.Restore("latest", "shop").value(), content);
  // A backup that cannot see whether it was given up must not count.
  if (GetParam() == std::string("fence")) return;
  const auto second = repo.Backup("shop", content);
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_TRUE(second->parent_id.empty());
  ASSERT_EQ(second->warnings.size(), 1u);
  EXPECT_THAT(second->warnings[0], HasSubstr(folder));
}

INSTANTIATE_TEST_SUITE_P(Repository, BadFolder,
                         ::testing::Values("intent", "trash", "verify", "fence"));

}  // namespace
}  // namespace dbstow::repository
