#include <gmock/gmock.h>

#include "dbstow/core/interfaces.h"
#include "engines/toy/register.h"
#include "engines/toy/toy_shelf.h"
#include "support/fakes.h"
#include "support/memory_backup_store.h"

// The extension recipe: a new engine registers itself, and everything else follows from what it
// declares. That this test needs no edit anywhere else is the point.

namespace dbstow::toy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using IfExists = ToyShelf::IfExists;

class ToyEngine : public testing::Test {
 protected:
  ToyEngine() {
    EXPECT_TRUE(RegisterToy(registry_, ports_));
    EXPECT_TRUE(shelf_.Write("box", {{"bear", "brown"}, {"duck", "yellow"}}, IfExists::kRefuse));
    instance_ = *registry_.Create(Spec());
  }
  [[nodiscard]] InstanceSpec Spec() const {
    return {DatabaseEngine("toy"), "box", "", ConnectionInfo{.database = folder_ / "box"}};
  }

  test::ScratchFolder folder_;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
  EnginePorts ports_{*files_, *processes_};
  ToyShelf shelf_{*files_, folder_.path()};
  EngineRegistry registry_;
  test::MemoryBackupStore store_;
  test::TestContext test_{&store_};
  std::unique_ptr<DatabaseInstance> instance_;
};

TEST_F(ToyEngine, IsFoundByNameAndNearMissesAreNamed) {
  EXPECT_EQ((*registry_.Find(DatabaseEngine("toy")))->display_name, "Toy");
  const auto missed = registry_.Find(DatabaseEngine("toi"));
  ASSERT_FALSE(missed);
  EXPECT_THAT(missed.error().ToString() + missed.error().hint(), HasSubstr("toy"));
  EXPECT_EQ(RegisterToy(registry_, ports_).error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(ToyEngine, KeepsBytesInTheStore) {
  const auto backup = (*As<SupportsBackup>(*instance_))->Backup({}, test_.context);
  ASSERT_TRUE(backup);
  EXPECT_THAT(backup->server_reference, IsEmpty());
  EXPECT_GT(backup->bytes.stored, 0u);
  ASSERT_TRUE(files_->Remove(folder_ / "box"));
  ASSERT_TRUE((*As<SupportsRestore>(*instance_))
                  ->Restore({.source = backup->backup_id,
                             .target_name = "again",
                             .mapping = {{"row:bear", "panda"}}},
                            test_.context));
  EXPECT_EQ(*shelf_.Read("again"), (Rows{{"panda", "brown"}, {"duck", "yellow"}}));
}

TEST_F(ToyEngine, KeepsAReferenceOnTheServer) {
  const auto backup =
      (*As<SupportsBackup>(*instance_))->Backup({.type = BackupType::kSnapshot}, test_.context);
  ASSERT_TRUE(backup);
  EXPECT_THAT(backup->server_reference, Not(IsEmpty()));
  EXPECT_EQ(backup->bytes.stored, 0u);
  EXPECT_EQ(store_.List("box")->back().server_reference, backup->server_reference);
  ASSERT_TRUE(shelf_.Write("box", {{"bear", "lost"}}, IfExists::kReplace));
  auto* restore = *As<SupportsRestore>(*instance_);
  ASSERT_TRUE(
      restore->Restore({.source = backup->backup_id, .target_name = "again"}, test_.context));
  EXPECT_EQ(shelf_.Read("again")->at("bear"), "brown");

  ASSERT_TRUE(files_->Remove(folder_ / backup->server_reference));
  const auto forgotten =
      restore->Restore({.source = backup->backup_id, .target_name = "third"}, test_.context);
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.error().code(), ErrorCode::kNotFound);
}

TEST_F(ToyEngine, ADeniedCapabilityTellsReasonAndRemedy) {
  const auto no_interface = As<SupportsExport>(*instance_);
  ASSERT_FALSE(no_interface);
  EXPECT_EQ(no_interface.error().code(), ErrorCode::kUnsupportedCapability);
  EXPECT_THAT(no_interface.error().message(), HasSubstr("no files of its own"));

  EXPECT_TRUE(instance_->capabilities().Contains("backup.snapshot"));
  ASSERT_TRUE(shelf_.Write("no-retention", {}, IfExists::kRefuse));
  ASSERT_TRUE(instance_->Refresh(test_.context));
  const auto denied = instance_->capabilities().Require("backup.snapshot");
  ASSERT_FALSE(denied);
  EXPECT_THAT(denied.error().message(), HasSubstr("retention is 0 days"));
  EXPECT_THAT(denied.error().hint(), HasSubstr("at least one day"));
}

TEST_F(ToyEngine, OptionsAreCheckedFromWhatItDeclares) {
  InstanceSpec spec = Spec();
  spec.connection.properties["color"] = "red";
  const auto created = registry_.Create(spec);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), ErrorCode::kInvalidOptions);
  EXPECT_THAT(created.error().message() + created.error().hint(), HasSubstr("colour"));
}

}  // namespace
}  // namespace dbstow::toy
