#include "repository/key_slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "repository/layout.h"
#include "support/test_repository.h"

namespace dbstow::repository {
namespace {

using test::BackupContent;
using test::TestRepository;
using ::testing::HasSubstr;

TEST(KeySlots, AreAddedRemovedAndRotated) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(1000, 1);
  const BackupRecord before = repo.Backup("db", content).value();
  const SecretString second("second");
  const KeySlotInfo added = repo->AddKeySlot({second}, "spare", io::KdfCost::Cheapest()).value();
  EXPECT_EQ(repo->KeySlots().value().size(), 2u);
  auto other = Repository::Open(repo.ports(), {second}).value();
  ASSERT_TRUE(repo->RemoveKeySlot(added.id));
  EXPECT_EQ(Repository::Open(repo.ports(), {second}).error().code(), ErrorCode::kWrongKey);
  EXPECT_EQ(repo->RemoveKeySlot(repo->KeySlots().value()[0].id).error().code(),
            ErrorCode::kSafetyRefused);
  EXPECT_EQ(repo->RemoveKeySlot("none").error().code(), ErrorCode::kNotFound);

  const SecretString rotated("rotated");
  ASSERT_TRUE(repo->RotateEpoch({rotated}, io::KdfCost::Cheapest()));
  EXPECT_FALSE(repo.Reopen());
  const BackupRecord after = repo.Backup("db", content).value();
  EXPECT_TRUE(after.parent_id.empty()) << "nothing of the old epoch is built upon";
  auto opened = Repository::Open(repo.ports(), {rotated}).value();
  for (const std::string& id : {before.id, after.id}) {
    auto reader = opened->Open(id, "db").value();
    EXPECT_EQ(test::ReadAll(*reader).value(), content);
  }
  EXPECT_EQ(other->Open(after.id, "db").error().code(), ErrorCode::kWrongKey)
      << "whoever had the old keys cannot read what came later";
}

TEST(KeySlots, WhoeverChangesKeysLaterThanAnotherIsToldAndChangesNothing) {
  TestRepository repo;
  auto late = Repository::Open(repo.ports(), {repo.passphrase}).value();
  const SecretString first("first");
  const SecretString second("second");
  ASSERT_TRUE(repo->RotateEpoch({first}, io::KdfCost::Cheapest()));
  const auto record = repo.Backup("db", {}).value();
  const auto rotated = late->RotateEpoch({second}, io::KdfCost::Cheapest());
  EXPECT_EQ(rotated.error().code(), ErrorCode::kConflict);
  const auto added = late->AddKeySlot({second}, "spare", io::KdfCost::Cheapest());
  EXPECT_EQ(added.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(repo->KeySlots().value().size(), 1u);
  auto opened = Repository::Open(repo.ports(), {first});
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->Open(record.id, "db"));
}

TEST(KeySlots, OfTwoRotationsInTheSameMomentOneSucceedsAtMost) {
  TestRepository repo;
  auto other = Repository::Open(repo.ports(), {repo.passphrase}).value();
  const SecretString mine("mine");
  const SecretString theirs("theirs");
  // The other one runs whole between the new slot and the look at who else is there.
  Result<void> inner = Error(ErrorCode::kInternal, "never ran");
  bool stored = false;
  bool ran = false;
  repo.store.SetFault([&](std::string_view call, std::string_view key) -> Result<void> {
    stored = stored || (call == "Put" && key.starts_with(kSlotPrefix));
    if (call != "List" || key != "keys/" || !stored || ran) return {};
    ran = true;
    inner = other->RotateEpoch({theirs}, io::KdfCost::Cheapest());
    return {};
  });
  const auto outer = repo->RotateEpoch({mine}, io::KdfCost::Cheapest());
  repo.store.SetFault(nullptr);
  ASSERT_TRUE(ran);
  EXPECT_FALSE(inner);
  EXPECT_TRUE(outer);
  EXPECT_TRUE(Repository::Open(repo.ports(), {mine}));
  EXPECT_FALSE(Repository::Open(repo.ports(), {theirs}));
}

// The first slot with some fields changed, under its right name. Returns the name.
std::string AddForgedSlot(TestRepository& repo, const nlohmann::json& changes) {
  const std::string key = repo.store.Keys("keys/").front();
  const Bytes bytes = repo.store.Get(key).value();
  auto file = nlohmann::json::parse(AsText(bytes));
  file.update(changes);
  const std::string text = file.dump();
  const std::string name = KeySlot::NameOf(text);
  EXPECT_TRUE(repo.store.Put(std::string(kSlotPrefix) + name, AsBytes(text)));
  return name;
}

TEST(KeySlots, OneThatNamesAWildCostIsDamagedAndStopsNoOther) {
  for (const nlohmann::json& changes :
       {nlohmann::json{{"memory_kib", 4294967295u}}, nlohmann::json{{"passes", 65}},
        nlohmann::json{{"lanes", 64}}, nlohmann::json{{"memory_kib", 2u << 20}, {"passes", 3}},
        nlohmann::json{{"memory_kib", 1}}, nlohmann::json{{"salt", "00"}},
        nlohmann::json{{"salt", "no hex"}}}) {
    TestRepository repo;
    const std::string good = repo->KeySlots().value().front().id;
    const std::string forged = AddForgedSlot(repo, changes);
    EXPECT_TRUE(repo.Reopen()) << changes;
    const auto check = repo->Check().value();
    ASSERT_EQ(check.damaged.size(), 1u) << changes;
    EXPECT_EQ(check.damaged[0].key, "keys/" + forged);
    ASSERT_TRUE(repo.store.Delete("keys/" + good));
    const Error error = repo.Reopen().error();
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.ToString();
    EXPECT_THAT(error.message(), HasSubstr(forged));
  }
}

TEST(KeySlots, OneOfALaterRotationIsTakenBeforeThoseThatItsDeathLeft) {
  TestRepository repo;
  repo.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call != "Delete" || !key.starts_with(kSlotPrefix)) return {};
    return Error(ErrorCode::kPermissionDenied, "not yours to delete");
  });
  for (int i = 0; i < 4; ++i) {
    ASSERT_FALSE(repo->RotateEpoch({repo.passphrase}, io::KdfCost::Cheapest()));
    const BackupRecord record = repo.Backup("db", {}).value();
    ASSERT_TRUE(repo.Reopen());
    EXPECT_TRUE(repo->Open(record.id, "db")) << "with the keyring that has all epochs";
  }
}

TEST(KeySlots, ARotationThatCannotRemoveOldSlotsHoldsAndNamesThem) {
  TestRepository repo;
  BackupContent content;
  content.streams["s"] = test::Text(1000, 1);
  ASSERT_TRUE(repo.Backup("db", content));
  auto old = Repository::Open(repo.ports(), {repo.passphrase}).value();
  const std::string slot = repo->KeySlots().value().front().id;
  repo.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
    if (call != "Delete" || !key.starts_with(kSlotPrefix)) return {};
    return Error(ErrorCode::kPermissionDenied, "not yours to delete");
  });
  const SecretString rotated("rotated");
  const auto outcome = repo->RotateEpoch({rotated}, io::KdfCost::Cheapest());
  repo.store.SetFault(nullptr);
  ASSERT_EQ(outcome.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(outcome.error().message(), HasSubstr(slot));
  const BackupRecord after = repo.Backup("db", content).value();
  EXPECT_TRUE(after.parent_id.empty()) << "it is of the new epoch";
  EXPECT_EQ(old->Open(after.id, "db").error().code(), ErrorCode::kWrongKey);
  ASSERT_TRUE(repo->RemoveKeySlot(slot));
  EXPECT_TRUE(repo->AddKeySlot({repo.passphrase}, "again", io::KdfCost::Cheapest()));
  EXPECT_TRUE(Repository::Open(repo.ports(), {rotated}));
}

// A rotation that died before it removed the old slot, and a backup made after it.
class UnfinishedRotation : public ::testing::Test {
 protected:
  UnfinishedRotation() {
    old_slot_ = repo_->KeySlots().value().front().id;
    repo_.store.SetFault([](std::string_view call, std::string_view key) -> Result<void> {
      if (call != "Delete" || !key.starts_with(kSlotPrefix)) return {};
      return Error(ErrorCode::kIoError, "killed here");
    });
    EXPECT_FALSE(repo_->RotateEpoch({newest_}, io::KdfCost::Cheapest()));
    repo_.store.SetFault(nullptr);
    record_ = repo_.Backup("db", {}).value();
    const auto slots = repo_->KeySlots().value();
    for (const KeySlotInfo& each : slots) {
      if (each.id != old_slot_) new_slot_ = each.id;
    }
  }

  void ExpectTheNewestOpensAll() {
    auto opened = Repository::Open(repo_.ports(), {newest_});
    ASSERT_TRUE(opened) << opened.error().ToString();
    EXPECT_TRUE((*opened)->Open(record_.id, "db"));
  }

  TestRepository repo_;
  const SecretString newest_{"newest"};
  std::string old_slot_, new_slot_;
  BackupRecord record_;
};

TEST_F(UnfinishedRotation, LeavesAnOldPassphraseThatChangesNoKeys) {
  ASSERT_TRUE(repo_.Reopen());
  const SecretString third("third");
  EXPECT_EQ(repo_->RotateEpoch({third}, io::KdfCost::Cheapest()).error().code(),
            ErrorCode::kConflict);
  EXPECT_EQ(repo_->AddKeySlot({third}, "third", io::KdfCost::Cheapest()).error().code(),
            ErrorCode::kConflict);
  EXPECT_EQ(repo_->RemoveKeySlot(new_slot_).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(repo_->KeySlots().value().size(), 2u);
  ExpectTheNewestOpensAll();
  EXPECT_THAT(repo_->Check().value().old_key_slots, ::testing::ElementsAre(old_slot_));
}

TEST_F(UnfinishedRotation, IsFinishedWithTheNewestPassphrase) {
  auto opened = Repository::Open(repo_.ports(), {newest_}).value();
  EXPECT_EQ(opened->RemoveKeySlot(new_slot_).error().code(), ErrorCode::kSafetyRefused);
  ASSERT_TRUE(opened->RemoveKeySlot(old_slot_));
  ExpectTheNewestOpensAll();
  EXPECT_TRUE(opened->Check().value().old_key_slots.empty());
}

TEST(KeySlots, OneOfAnotherRepositoryIsNoReasonToRemoveTheOnlyOne) {
  TestRepository repo;
  const std::string own = repo->KeySlots().value().front().id;
  // Left by an `init` that lost the race.
  const Keyring others =
      Keyring::Generate(repo.random, RepositoryFile::Generate(repo.random).Encode());
  const KeySlot foreign =
      KeySlot::Seal(others, SecretString("other"), {"first", io::KdfCost::Cheapest()}, repo.random)
          .value();
  ASSERT_TRUE(StoreSlot(repo.store, foreign));
  ASSERT_TRUE(repo.Reopen());
  EXPECT_EQ(repo->RemoveKeySlot(own).error().code(), ErrorCode::kSafetyRefused);
  EXPECT_TRUE(repo.Reopen());
}

TEST(KeySlots, OneThatCannotBeReadOrRepoJsonStopsNoOther) {
  for (const ErrorCode code : {ErrorCode::kIoError, ErrorCode::kPermissionDenied}) {
    TestRepository repo;
    const SecretString spare("spare");
    const std::string bad = repo->AddKeySlot({spare}, "spare", io::KdfCost::Cheapest()).value().id;
    repo.store.SetFault([&](std::string_view call, std::string_view key) -> Result<void> {
      if (call != "Get" || (key != kRepositoryKey && !key.ends_with(bad))) return {};
      return Error(code, "cannot read " + std::string(key));
    });
    const auto reopened = repo.Reopen();
    ASSERT_TRUE(reopened) << reopened.error().ToString();
    const auto check = repo->Check();
    ASSERT_TRUE(check) << check.error().ToString();
    EXPECT_EQ(check->damaged.size(), 2u);
    EXPECT_EQ(Repository::Open(repo.ports(), {spare}).error().code(), code);
    EXPECT_EQ(repo->RotateEpoch({spare}, io::KdfCost::Cheapest()).error().code(), code)
        << "it may have newer epochs";
    EXPECT_EQ(repo->KeySlots().value().size(), 2u);
  }
}

}  // namespace
}  // namespace dbstow::repository
